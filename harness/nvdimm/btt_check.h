// SPDX-License-Identifier: GPL-2.0-only
// Checks a Block Translation Table at rest: info blocks and their copies, the chain of arenas, the
// flog's halves, and that what the map holds and what is free make up every block exactly once
// (kernel-map C2). What a kernel would mend when it attaches (a map entry that a power cut kept
// from following its log entry) is no inconsistency. Reads only; nothing in the bytes is trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/nvdimm/btt_format.h"
#include "harness/nvdimm/bytes.h"

namespace bioscope::nvdimm {

struct Inconsistency {
  std::string kind{};        // "info", "copy", "layout", "flog", "map", "permutation"
  std::string what{};        // one sentence
  unsigned arena = 0;        // from 0
  std::uint64_t offset = 0;  // in the file, of the bytes that are wrong
  std::optional<std::uint32_t> lane{};
  std::optional<std::uint32_t> lba{};
  std::optional<std::uint32_t> block{};
};

// A write that was logged and whose map entry still names the old block.
struct Pending {
  std::uint32_t lane = 0;
  std::uint32_t lba = 0;
  std::uint32_t old_block = 0;
  std::uint32_t new_block = 0;
};

struct Arena {
  std::uint64_t offset = 0;  // in the file
  InfoBlock info{};
  bool primary = false;                // the info block is good
  bool copy = false;                   // and so is its copy, which says the same
  std::optional<unsigned> log_step{};  // the flog's halves are slots 0 and this one (1 or 2)
  std::uint64_t mapped = 0;            // LBAs that were ever written
  std::uint64_t zero = 0;              // that read as zeroes
  std::uint64_t error = 0;             // that read as errors
  std::vector<std::uint32_t> free{};   // block of each lane
  std::vector<Pending> pending{};
};

struct Check {
  std::vector<Arena> arenas{};
  std::vector<Inconsistency> found{};  // at most kMostFound
  std::uint64_t more = 0;              // that were found beyond

  bool clean() const { return found.empty(); }
};

inline constexpr std::size_t kMostFound = 200;

// The table of the namespace that begins at `offset`. A usage error if there is none.
Result<Check> check_btt(const Bytes& bytes, std::uint64_t offset = 0);

}  // namespace bioscope::nvdimm
