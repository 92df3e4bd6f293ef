// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <span>

#include "harness/plan/plan.h"

namespace bioscope::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;

wire::Fault site(const char* name, std::uint64_t hit = 100, std::uint64_t delay = 4000) {
  return {.name = name, .kind = "delay", .at = {.hook = "entry:f"}, .hit = hit, .delay_us = delay};
}

std::vector<wire::Fault> sites() {
  std::vector<wire::Fault> all{site("always", 7, 70), site("a"), site("b"), site("c"), site("d")};
  all[0].planned = true;
  return all;
}

TEST(Draw, WithoutAPlanOnlyWhatIsPlannedIsArmed) {
  const auto faults = planned(sites());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].name, "always");
  EXPECT_FALSE(faults[0].planned);
  EXPECT_TRUE(has_sites(sites()));
  EXPECT_FALSE(has_sites({sites()[0]}));
  EXPECT_FALSE(has_sites({}));
}

TEST(Draw, TheSameSeedDrawsTheSameBytes) {
  const auto text = [](std::uint64_t seed) { return to_json({.faults = draw(sites(), seed)}); };
  EXPECT_EQ(text(42), text(42));
  EXPECT_NE(text(42), text(43));
}

// Plans are repeated by their seed years later: this must not change.
TEST(Draw, ASeedMeansTheSameForEver) {
  std::vector<std::string> drawn;
  for (const wire::Fault& fault : draw(sites(), 1))
    drawn.push_back(fmt::format("{} {} {}", fault.name, fault.hit, fault.delay_us));
  EXPECT_THAT(drawn, ElementsAre("always 7 70", "d 91 369", "c 46 115", "a 38 42"));
}

TEST(Draw, StaysWithinWhatIsDeclaredAndUsesAllOfIt) {
  std::map<std::string, unsigned> seen;
  std::map<std::size_t, unsigned> sizes;
  std::uint64_t shortest = 4000, longest = 0, last_hit = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto faults = draw(sites(), seed);
    EXPECT_TRUE(wire::check(faults));
    ++sizes[faults.size() - 1];
    EXPECT_EQ(faults[0], planned(sites())[0]) << "as declared";
    for (const wire::Fault& fault : std::span(faults).subspan(1)) {
      ++seen[fault.name];
      EXPECT_THAT(fault.hit, Ge(1u));
      EXPECT_THAT(fault.hit, Le(100u));
      EXPECT_THAT(fault.delay_us, Ge(1u));
      EXPECT_THAT(fault.delay_us, Le(4000u));
      shortest = std::min(shortest, fault.delay_us);
      longest = std::max(longest, fault.delay_us);
      last_hit = std::max(last_hit, fault.hit);
    }
  }
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(sizes.size(), 3u) << "one, two or three";
  EXPECT_LT(shortest, 32u);
  EXPECT_GT(longest, 3900u);
  EXPECT_GT(last_hit, 95u);
}

TEST(Draw, WithoutSitesThereIsNothingToDraw) {
  EXPECT_THAT(draw({}, 3), IsEmpty());
  EXPECT_EQ(draw({sites()[0]}, 3).size(), 1u);
}

}  // namespace
}  // namespace bioscope::plan
