// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace bioscope::machine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Timing, KvmNeedsNone) { EXPECT_EQ(timing_arguments(Accelerator::kKvm, 250), ""); }

TEST(Timing, TheTimerIsNeverChecked) {
  EXPECT_THAT(timing_arguments(Accelerator::kTcg, 250), HasSubstr("no_timer_check"));
}

TEST(Timing, KnowsATrustedTsc) {
  EXPECT_TRUE(trusts_tsc("kvm-clock tsc hpet acpi_pm \n"));
  EXPECT_TRUE(trusts_tsc("tsc"));
  EXPECT_FALSE(trusts_tsc("hpet acpi_pm \n"));
  EXPECT_FALSE(trusts_tsc("hyperv_clocksource_tsc_page acpi_pm"));
  EXPECT_FALSE(trusts_tsc(""));
}

TEST(Timing, MeasuresTheSameTwice) {
  const auto once = host_tsc_khz();
  const auto again = host_tsc_khz();
  ASSERT_EQ(once.has_value(), again.has_value());
  if (!once) return;
  EXPECT_GT(*once, 100'000U);
  EXPECT_NEAR(*once, *again, *once / 1000.0);
}

// The kernel's own formula: loops_per_jiffy = tsc_khz * 1000 / HZ.
TEST(Timing, LoopsPerJiffyFollowFromTheTsc) {
  const auto arguments = timing_arguments(Accelerator::kTcg, 250);
  unsigned long khz = 0;
  unsigned long lpj = 0;
  if (std::sscanf(arguments.c_str(), "no_timer_check tsc=reliable tsc_early_khz=%lu lpj=%lu", &khz,
                  &lpj) == 2)
    EXPECT_EQ(lpj, khz * 4);
  else
    EXPECT_FALSE(host_tsc_khz()) << arguments;
  EXPECT_THAT(timing_arguments(Accelerator::kTcg, std::nullopt), Not(HasSubstr("lpj")));
}

}  // namespace
}  // namespace bioscope::machine
