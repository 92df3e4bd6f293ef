// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/narrow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::Optional;

// Objects of a driver that is built in, of two modules in one folder, and of one whose objects lie
// in a folder of their own.
class Narrow : public ::testing::Test {
 protected:
  Narrow() : objects_(fs::temp_directory_path() / fmt::format("bsc-narrow-{}", ::getpid())) {
    command("block/.bio.o.cmd", "../block/bio.c \\\n  ../include/linux/bio.h");
    command(
        "drivers/md/.dm-linear.o.cmd",
        "../drivers/md/dm-linear.c \\\n  ../drivers/md/dm.h \\\n  $(wildcard include/config/X)");
    command("drivers/md/.dm.o.cmd",
            "../drivers/md/dm.c \\\n  ../include/linux/bio.h \\\n  ../drivers/md/dm.h");
    command("drivers/md/.dm-crypt.o.cmd", "../drivers/md/dm-crypt.c");
    command("fs/xfs/libxfs/.xfs_ag.o.cmd", "../fs/xfs/libxfs/xfs_ag.c");
    command("scripts/mod/.modpost.cmd", "../scripts/mod/modpost.c ../scripts/mod/list.h");
    put("drivers/md/dm-mod.mod", "drivers/md/dm.o\ndrivers/md/dm-linear.o\n");
    put("drivers/md/dm-crypt.mod", "drivers/md/dm-crypt.o\n");
    put("fs/xfs/xfs.mod", "fs/xfs/libxfs/xfs_ag.o\n");
  }
  ~Narrow() override { fs::remove_all(objects_); }

  void put(const std::string& path, const std::string& text) {
    EXPECT_TRUE(make_directories((objects_ / path).parent_path()));
    EXPECT_TRUE(write_file(objects_ / path, text));
  }
  void command(const std::string& path, const std::string& text) {
    put(path, "source_x.o := " + text + "\n\ndeps_x.o := \\\n  " + text + "\n");
  }

  static Ingredients with(const Overlay& overlay) { return Ingredients::of("base", overlay); }
  static FileContent text(const char* bytes) { return {.bytes = bytes}; }
  auto after(const Overlay& overlay) { return narrowed(objects_, with({}), with(overlay)); }

  fs::path objects_;
};

TEST_F(Narrow, AChangeOfAModuleIsOfItsFolder) {
  EXPECT_THAT(after({{"drivers/md/dm-linear.c", text("1")}}), Optional(ElementsAre("drivers/md")));
  EXPECT_THAT(after({{"drivers/md/dm.h", text("1")}}), Optional(ElementsAre("drivers/md")));
  EXPECT_THAT(after({{"fs/xfs/libxfs/xfs_ag.c", text("1")}, {"drivers/md/dm-crypt.c", text("1")}}),
              Optional(ElementsAre("drivers/md", "fs/xfs")));
}

TEST_F(Narrow, WhatIsOfTheKernelOrAToolIsWhole) {
  EXPECT_EQ(after({{"block/bio.c", text("1")}}), std::nullopt);
  EXPECT_EQ(after({{"include/linux/bio.h", text("1")}}), std::nullopt) << "a module has it too";
  EXPECT_EQ(after({{"scripts/mod/list.h", text("1")}}), std::nullopt);
}

TEST_F(Narrow, FilesThatComeGoOrTellMakeWhatToDoAreWhole) {
  EXPECT_EQ(after({{"drivers/md/Makefile", text("1")}, {"drivers/md/dm.c", text("1")}}),
            std::nullopt);
  EXPECT_EQ(after({{"drivers/md/dm.c", std::nullopt}}), std::nullopt);
  EXPECT_EQ(narrowed(objects_, with({{"drivers/md/dm.h", std::nullopt}}), with({})), std::nullopt);
}

TEST_F(Narrow, AnotherBaseOrNothingNewIsWhole) {
  const Overlay overlay{{"drivers/md/dm.c", text("1")}};
  EXPECT_EQ(narrowed(objects_, Ingredients::of("other", {}), with(overlay)), std::nullopt);
  EXPECT_EQ(narrowed(objects_, with(overlay), with(overlay)), std::nullopt);
  EXPECT_EQ(after({{"drivers/net/unused.c", text("1")}}), std::nullopt) << "nobody compiles it";
}

TEST_F(Narrow, ItIsTheDifferenceThatCounts) {
  const Overlay before{{"block/bio.c", text("1")}, {"drivers/md/dm.c", text("1")}};
  const Overlay now{{"block/bio.c", text("1")}, {"drivers/md/dm-crypt.c", text("1")}};
  EXPECT_THAT(narrowed(objects_, with(before), with(now)), Optional(ElementsAre("drivers/md")));
  EXPECT_EQ(narrowed(objects_, with(before), with({})), std::nullopt) << "bio.c is its own again";
}

TEST_F(Narrow, IngredientsAreTakenOnce) {
  const auto kept = with({{"a file.c", text("1")}, {"gone.c", std::nullopt}});
  ASSERT_TRUE(keep_ingredients(objects_, kept));
  const auto taken = take_ingredients(objects_);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->base, "base");
  EXPECT_EQ(taken->files, kept.files);
  EXPECT_FALSE(take_ingredients(objects_)) << "until a make has ended well again";
}

}  // namespace
}  // namespace bioscope::kbuild
