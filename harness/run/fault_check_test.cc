// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/fault_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::run {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CheckPlan : public ::testing::Test {
 protected:
  CheckPlan() {
    EXPECT_TRUE(make_directories(place_));
    EXPECT_TRUE(write_file(place_ / "config", "CONFIG_BPF_SYSCALL=y\n"));
  }
  ~CheckPlan() override { std::filesystem::remove_all(place_); }

  // Of a kernel whose vmlinux nobody has.
  std::string why(const plan::Plan& plan) {
    const kernel::Kernel kernel{.spec = "file:k", .digest = "12ab", .config = place_ / "config"};
    const Status checked = check_plan(plan, {"module:dm_mod"}, kernel);
    if (checked) return "nothing";
    EXPECT_EQ(checked.error().blame, Blame::kUsage);
    return checked.error().what;
  }

  std::filesystem::path place_ =
      std::filesystem::temp_directory_path() / fmt::format("bsc-check-{}", ::getpid());
};

TEST_F(CheckPlan, APlanForAnotherKernelIsRefused) {
  EXPECT_EQ(why({.kernel = "12ab"}), "nothing");
  EXPECT_EQ(why({.kernel = ""}), "nothing");
  EXPECT_THAT(why({.kernel = "34cd"}),
              AllOf(HasSubstr("34cd"), HasSubstr("file:k"), HasSubstr("12ab")));
}

TEST_F(CheckPlan, WhatTheFilesDoNotTellIsLeftToTheGuest) {
  EXPECT_EQ(why({.faults = {{.name = "a", .kind = "delay", .at = {.hook = "entry:f"}}}}),
            "nothing");
  EXPECT_EQ(why({.faults = {{.name = "a", .kind = "delay", .at = {.hook = "point:p"}}}}),
            "nothing");
}

TEST_F(CheckPlan, ErrorsNeedTheirOption) {
  const plan::Plan plan{.faults = {{.name = "bad", .kind = "error", .at = {.hook = "bio"}}}};
  EXPECT_THAT(why(plan), AllOf(HasSubstr("\"bad\""), HasSubstr("CONFIG_FUNCTION_ERROR_INJECTION")));
  EXPECT_TRUE(write_file(place_ / "config", "CONFIG_FUNCTION_ERROR_INJECTION=y\n"));
  EXPECT_EQ(why(plan), "nothing");
}

}  // namespace
}  // namespace bioscope::run
