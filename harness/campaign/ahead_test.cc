// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace bioscope::campaign {
namespace {

using namespace std::chrono_literals;

TEST(Ahead, WhoAsksForOneThatIsBeingMadeWaitsForIt) {
  std::latch begun(1), go_on(1);
  Ahead ahead([&](unsigned kernel, const std::stop_token&) -> Result<Made> {
    if (kernel == 1) {
      begun.count_down();
      go_on.wait();
    }
    return Made{.kernel = std::to_string(kernel)};
  });
  EXPECT_FALSE(ahead.take(1)) << "nobody foresaw it";
  ahead.foresee({1, 2});
  begun.wait();
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    go_on.count_down();
  });
  const auto one = ahead.take(1);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->kernel, "1");
  EXPECT_TRUE(ahead.take(1)) << "it stays";
  ahead.foresee({});
  EXPECT_FALSE(ahead.take(3)) << "nor this one";
}

TEST(Ahead, WhatWasMadeIsThereWhileTheNextIsBeingMade) {
  std::latch begun(1), go_on(1);
  Ahead ahead([&](unsigned kernel, const std::stop_token& stop) -> Result<Made> {
    if (kernel == 2) {
      begun.count_down();
      go_on.wait();
    }
    if (stop.stop_requested()) return host_error("interrupted");
    return Made{.kernel = std::to_string(kernel)};
  });
  ahead.foresee({1, 2});
  begun.wait();
  EXPECT_EQ(ahead.take(1).value().kernel, "1") << "at once";
  go_on.count_down();
  EXPECT_EQ(ahead.take(2).value().kernel, "2") << "nobody stopped it";
}

TEST(Ahead, WhatNobodyWantsAnyMoreIsStoppedInTheEnd) {
  std::atomic<bool> stopped = false;
  std::latch begun(1);
  Ahead ahead(
      [&](unsigned, const std::stop_token& stop) -> Result<Made> {
        begun.count_down();
        while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
        stopped = true;
        return host_error("interrupted");
      },
      10ms);
  ahead.foresee({3});
  begun.wait();
  EXPECT_FALSE(ahead.take(4));
  EXPECT_TRUE(stopped) << "and nothing is being made when the other one is";
}

TEST(Ahead, ItsEndEndsWhatIsBeingMade) {
  std::latch begun(1);
  {
    Ahead ahead(
        [&](unsigned, const std::stop_token& stop) -> Result<Made> {
          begun.count_down();
          while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
          return host_error("interrupted");
        },
        1ms);
    ahead.foresee({1, 2, 3});
    begun.wait();
  }
  SUCCEED() << "it came to an end";
}

TEST(Ahead, WhatFailsIsLeftToWhoAsks) {
  std::atomic<unsigned> asked = 0;
  Ahead ahead([&](unsigned kernel, const std::stop_token&) -> Result<Made> {
    ++asked;
    if (kernel == 1) return host_error("the disk is full");
    return Made{.broken = "x.c:1:1: error: no"};
  });
  ahead.foresee({1, 2});
  while (asked < 2) std::this_thread::sleep_for(1ms);
  const auto two = ahead.take(2);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->broken, "x.c:1:1: error: no");
  EXPECT_FALSE(ahead.take(1));
}

}  // namespace
}  // namespace bioscope::campaign
