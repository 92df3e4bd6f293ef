// SPDX-License-Identifier: GPL-2.0-only
#include "suites/btt/bad_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "guest/scenario/attribute.h"
#include "suites/btt/sector_at.h"

namespace bioscope_suite_btt {

using namespace bioscope::scenario;

BadRanges BadRanges::make(Workload& w) {
  BadRanges ranges(BSC_SETUP(null_block(w, "bad_ranges", {.mib = 1})), w.seed());
  return ranges;
}

BadRanges::BadRanges(BlockDevice disk, std::uint64_t seed)
    : disk_(std::move(disk)),
      attribute_(fmt::format("/sys/kernel/config/nullb/{}/badblocks", disk_.name)),
      random_(seed) {}

std::uint64_t BadRanges::chance(std::uint64_t below) { return random_() % below; }

std::vector<BadRanges::Range> BadRanges::list() const {
  std::istringstream lines(BSC_SETUP(read_attribute(attribute_)));  // "20 3"
  std::vector<Range> ranges;
  for (Range range; lines >> range.first >> range.sectors;) ranges.push_back(range);
  return ranges;
}

bool BadRanges::is_right(const std::string& change) const {
  std::set<std::uint64_t> has;
  for (const Range& range : list())
    for (std::uint64_t i = 0; i < range.sectors; ++i) has.insert(range.first + i);
  const auto only_in = [](const std::set<std::uint64_t>& one,
                          const std::set<std::uint64_t>& other) {
    std::vector<std::uint64_t> only;
    std::ranges::set_difference(one, other, std::back_inserter(only));
    return only;
  };
  const auto lost = only_in(bad_, has), added = only_in(has, bad_);
  if (!lost.empty())
    ADD_FAILURE() << change << ": " << lost.size() << " bad sectors are forgotten, the first is "
                  << lost.front();
  if (!added.empty())
    ADD_FAILURE() << change << ": " << added.size() << " good sectors are bad now, the first is "
                  << added.front();
  return lost.empty() && added.empty();
}

void BadRanges::change(
    unsigned steps,
    const std::function<bool(const Range& range, const std::vector<Range>& list)>& wanted) {
  for (unsigned step = 0; step < steps; ++step) {
    Range range{.sectors = 1 + chance(kLongest)};
    range.first = chance(kSectors - range.sectors);
    const bool set = chance(3) != 0;
    const auto before = list();
    if (set && !wanted(range, before)) continue;
    const std::string change =
        fmt::format("{}{}-{}", set ? '+' : '-', range.first, range.first + range.sectors - 1);
    BSC_SETUP(write_attribute(attribute_, change));
    for (std::uint64_t i = 0; i < range.sectors; ++i)
      if (set)
        bad_.insert(range.first + i);
      else
        bad_.erase(range.first + i);
    if (is_right(change)) continue;
    std::string was;
    for (const Range& one : before)
      was += fmt::format(" {}-{}", one.first, one.first + one.sectors - 1);
    ADD_FAILURE() << "the list was" << was;
    return;
  }
}

void BadRanges::check_disk() const {
  for (std::uint64_t sector = 0; sector < kSectors; ++sector)
    EXPECT_EQ(SectorAt::of(disk_, sector).read(), bad_.contains(sector) ? EIO : 0)
        << "sector " << sector;
}

}  // namespace bioscope_suite_btt
