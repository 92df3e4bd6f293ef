// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/surroundings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class SurroundingsTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / fmt::format("bsc-surroundings-{}", ::getpid());
    put("sys/block/ram0/size", "32768\n");
    put("sys/block/loop0/size", "0\n");
    put("proc/modules", "brd 16384 0 - Live 0xffffffffc0001000\n");
    put("proc/sys/kernel/tainted", "0\n");
    put("proc/self/mountinfo", "23 1 0:22 / /proc rw - proc proc rw\n");
    put("sys/fs/cgroup/cgroup.stat", "nr_descendants 0\nnr_dying_descendants 0\n");
    before_ = look_around(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const fs::path& path, const std::string& text) {
    ASSERT_TRUE(make_directories((root_ / path).parent_path()));
    ASSERT_TRUE(write_file(root_ / path, text));
  }
  std::vector<std::string> changed() { return differences(before_, look_around(root_)); }

  fs::path root_;
  Surroundings before_;
};

TEST_F(SurroundingsTest, AreTheSameIfNothingHappened) {
  EXPECT_FALSE(before_.empty());
  EXPECT_THAT(changed(), IsEmpty());
}

TEST_F(SurroundingsTest, TellWhatWasLeft) {
  put("sys/block/dm-0/size", "8\n");
  EXPECT_THAT(changed(), ElementsAre("left: disk dm-0 of 8 sectors"));
}

TEST_F(SurroundingsTest, TellALoopDeviceThatStaysInUse) {
  put("sys/block/loop0/size", "2048\n");
  EXPECT_THAT(changed(),
              ElementsAre("left: disk loop0 of 2048 sectors", "gone: disk loop0 of 0 sectors"));
}

TEST_F(SurroundingsTest, TellAModuleThatWasLoadedAgain) {
  put("proc/modules", "brd 16384 0 - Live 0xffffffffc0002000\n");
  EXPECT_THAT(changed(), ElementsAre("left: module brd at 0xffffffffc0002000",
                                     "gone: module brd at 0xffffffffc0001000"));
}

TEST_F(SurroundingsTest, TellGroupsThatStayOrDoNotDie) {
  put("sys/fs/cgroup/bsc/one/io.stat", "");
  put("sys/fs/cgroup/cgroup.stat", "nr_descendants 2\nnr_dying_descendants 3\n");
  EXPECT_THAT(changed(),
              ElementsAre("left: group bsc", "left: group bsc/one", "left: nr_dying_descendants 3",
                          "gone: nr_dying_descendants 0"));
}

TEST_F(SurroundingsTest, TellATaintAndAMount) {
  put("proc/sys/kernel/tainted", "512\n");
  put("proc/self/mountinfo",
      "23 1 0:22 / /proc rw - proc proc rw\n24 1 8:0 / /mnt/x rw - ext4 /dev/dm-0 rw\n");
  EXPECT_THAT(changed(), ElementsAre("left: mount /mnt/x", "left: taint 512", "gone: taint 0"));
}

}  // namespace
}  // namespace bioscope::agent
