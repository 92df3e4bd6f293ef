// SPDX-License-Identifier: GPL-2.0-only
// Records as readable lines: names for symbols, devices, operations and statuses. Learns disks and
// stacks from the records it is shown, so show them all, in order.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/evidence/schema.h"
#include "harness/evidence/symbols.h"

namespace bioscope::inspect {

class Renderer {
 public:
  explicit Renderer(const evidence::Symbols& symbols) : symbols_(symbols) {}

  // Takes note of what names things. Call it for every record, shown or not.
  void learn(const bsc_record& record);

  // "   1234  12.345678 1 dmsetup-42    bio_submit  bio=0x... dev=dm-0 opf=WRITE|SYNC ..."
  std::string line(const bsc_record& record) const;

  // The parts of a line: "dmsetup-42", "1s" (CPU and context), and the fields as "name=value".
  static std::string task(const bsc_record& record);
  static std::string processor(const bsc_record& record);
  // Objects that `names` knows are called by their names.
  using Names = std::unordered_map<std::uint64_t, std::string>;
  std::vector<std::string> fields(const bsc_record& record, const Names& names) const;
  std::string device(std::uint32_t dev) const;

  // Frames of the record's stack, innermost first; empty if it has none.
  std::vector<std::string> stack(const bsc_record& record) const;

 private:
  std::string value(const evidence::Field& field, const char* payload) const;

  const evidence::Symbols& symbols_;
  std::map<std::uint32_t, std::string> disks_;
  std::unordered_map<std::int32_t, std::vector<std::uint64_t>> stacks_;
};

// "WRITE|SYNC|FUA" of a blk_opf_t, numbering of 6.1 and later; unknown bits in hex.
std::string operation(std::uint32_t opf);

}  // namespace bioscope::inspect
