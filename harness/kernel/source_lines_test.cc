// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/source_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::kernel {
namespace {

using ::testing::ElementsAre;

TEST(WithinTree, BeginsAtTheKernelsOwnFolder) {
  EXPECT_EQ(within_tree("/usr/src/linux/out/../drivers/md/dm.c:3"), "drivers/md/dm.c:3");
  EXPECT_EQ(within_tree("/srv/fs/linux/drivers/block/brd.c:1"), "fs/linux/drivers/block/brd.c:1")
      << "a guess that shows too much is better than one that shows too little";
  EXPECT_EQ(within_tree("drivers/block/brd.c"), "drivers/block/brd.c");
  EXPECT_EQ(within_tree("../include/linux/bio.h:7"), "include/linux/bio.h:7");
  EXPECT_EQ(within_tree("/elsewhere/a.c:7"), "/elsewhere/a.c:7");
}

class SourceLinesTest : public ::testing::Test {
 protected:
  SourceLinesTest()
      : debug_(std::filesystem::temp_directory_path() /
               ("bsc-lines-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(debug_ / "drivers/md");
  }
  ~SourceLinesTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(debug_, ignored);
  }

  // A relocatable file, as a module is, of the build's own compiler.
  void compile(const std::string& source, const std::string& module) {
    ASSERT_TRUE(write_file(debug_ / "drivers/md/dm.c", source));
    ASSERT_TRUE(process::run_checked(
        {.argv = {"gcc", "-g", "-O1", "-c", "drivers/md/dm.c", "-o", (debug_ / module).string()},
         .directory = debug_}));
  }

  std::filesystem::path debug_;
};

TEST_F(SourceLinesTest, FramesGetTheirLinesAndWhatWasInlined) {
  compile(
      "volatile int x;\n"
      "static inline __attribute__((always_inline)) void put(int v)\n"
      "{ x = v; x = v; }\n"
      "void clone_endio(int v)\n"
      "{\n"
      "  put(v);\n"
      "}\n",
      "dm-mod.ko");
  SourceLines lines(debug_);
  EXPECT_THAT(lines.decode({"clone_endio+0x1 [dm_mod]"}),
              ElementsAre("put (inlined) (drivers/md/dm.c:3)",
                          "clone_endio+0x1 [dm_mod] (drivers/md/dm.c:6)"));
}

TEST_F(SourceLinesTest, WhatIsNotForSureStaysAsItIs) {
  compile("void clone_endio(void) { }\n", "dm-mod.ko");
  SourceLines lines(debug_);
  const std::vector<std::string> frames{"clone_endio+0x9999 [dm_mod]",
                                        "other+0x1 [dm_mod]",
                                        "clone_endio+0x0 [raid1]",
                                        "bio_endio+0x1c",
                                        "0xffffffff81000000",
                                        "clone_endio [dm_mod]",
                                        "clone_endio+0xzz [dm_mod]",
                                        "clone_endio+0x1 [../etc]",
                                        ""};
  EXPECT_EQ(lines.decode(frames), frames);
  SourceLines none(std::filesystem::path{});
  EXPECT_EQ(none.decode(frames), frames);
}

}  // namespace
}  // namespace bioscope::kernel
