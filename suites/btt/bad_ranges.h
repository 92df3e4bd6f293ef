// SPDX-License-Identifier: GPL-2.0-only
// A disk's list of bad ranges, as namespaces have one too (block/badblocks.c): set and cleared by
// chance, and held against a plain set of sectors. null_blk lets anybody write to its list.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "guest/scenario/null_block.h"

namespace bioscope_suite_btt {

class BadRanges {
 public:
  static constexpr std::uint64_t kSectors = 256;  // that may be bad
  static constexpr std::uint64_t kLongest = 24;   // of a range that is set or cleared

  static BadRanges make(bioscope::scenario::Workload& w);

  struct Range {
    std::uint64_t first = 0, sectors = 0;
    bool holds(const Range& other) const {
      return other.first >= first && other.first + other.sectors <= first + sectors;
    }
  };
  // `steps` changes by chance; sets only ranges that are `wanted`, given what the list has. After
  // each the list must have the sectors that it should have; the first failure ends it.
  void change(
      unsigned steps,
      const std::function<bool(const Range& range, const std::vector<Range>& list)>& wanted);
  // Reads and writes of bad sectors fail, of others not.
  void check_disk() const;

 private:
  BadRanges(bioscope::scenario::BlockDevice disk, std::uint64_t seed);
  std::vector<Range> list() const;
  std::uint64_t chance(std::uint64_t below);
  // Whether the list has what it should have.
  bool is_right(const std::string& change) const;

  bioscope::scenario::BlockDevice disk_;
  std::string attribute_;
  std::mt19937_64 random_;
  std::set<std::uint64_t> bad_;
};

}  // namespace bioscope_suite_btt
