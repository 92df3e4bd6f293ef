// SPDX-License-Identifier: GPL-2.0-only
// A trial that leaves something behind passes and is the last of its boot.
#include <gtest/gtest.h>

#include <filesystem>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, left_behind,
             .summary = "after a trial that leaves a group behind the next one gets another boot",
             .shares_boot = true, .expect = "PASS") {
  const std::filesystem::path group = "/sys/fs/cgroup/left_behind";
  ASSERT_FALSE(std::filesystem::exists(group)) << "a trial before left it, in this boot";
  ASSERT_TRUE(std::filesystem::create_directory(group));
}
