// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/late_cpus.h"

#include <gtest/gtest.h>

namespace bioscope::machine {
namespace {

TEST(LateCpus, AreForEmulationOnly) {
  EXPECT_EQ(late_cpus_arguments(Accelerator::kKvm, true), "");
  EXPECT_EQ(late_cpus_arguments(Accelerator::kTcg, true), "maxcpus=1 noreplace-smp");
}

TEST(LateCpus, AreForKernelsThatCanBringThemUp) {
  EXPECT_EQ(late_cpus_arguments(Accelerator::kTcg, false), "");
}

}  // namespace
}  // namespace bioscope::machine
