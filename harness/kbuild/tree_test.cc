// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/tree.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

class Tree : public testing::Test {
 protected:
  void SetUp() override {
    write("tree/a.c", "a");
    write("tree/sub/b.c", "b");
  }
  void TearDown() override { fs::remove_all(base_); }
  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(make_directories((base_ / path).parent_path()));
    ASSERT_TRUE(write_file(base_ / path, text));
  }
  std::string text(const std::string& path) const {
    return read_file(base_ / "tree" / path).value_or("(none)");
  }
  auto time(const std::string& path) const { return fs::last_write_time(base_ / "tree" / path); }
  WorkTree open() const { return WorkTree::open(base_).value(); }
  fs::path base_ = fs::temp_directory_path() / fmt::format("bsc-tree-{}", ::getpid());
};

TEST_F(Tree, TakesAnOverlayAndGivesTheBaseBack) {
  auto tree = open();
  ASSERT_TRUE(tree.sync({{"a.c", FileContent{"A"}},
                         {"sub/b.c", std::nullopt},
                         {"sub/new.sh", FileContent{"n", true}}}));
  EXPECT_EQ(text("a.c"), "A");
  EXPECT_FALSE(fs::exists(base_ / "tree/sub/b.c"));
  EXPECT_EQ(::access((base_ / "tree/sub/new.sh").c_str(), X_OK), 0);
  EXPECT_EQ(tree.original("a.c").value()->bytes, "a");
  EXPECT_EQ(tree.original("sub/b.c").value()->bytes, "b");
  EXPECT_FALSE(tree.original("sub/new.sh").value());
  // Another program goes on from there.
  ASSERT_TRUE(open().sync({}));
  EXPECT_EQ(text("a.c"), "a");
  EXPECT_EQ(text("sub/b.c"), "b");
  EXPECT_EQ(text("sub/new.sh"), "(none)");
}

TEST_F(Tree, WritesOnlyWhatDiffers) {
  auto tree = open();
  ASSERT_TRUE(tree.sync({{"a.c", FileContent{"A"}}}));
  const auto a = time("a.c");
  const auto b = time("sub/b.c");
  ASSERT_TRUE(tree.sync({{"a.c", FileContent{"A"}}, {"sub/b.c", FileContent{"b"}}}));
  EXPECT_EQ(time("a.c"), a);
  EXPECT_EQ(time("sub/b.c"), b);
}

TEST_F(Tree, ACrashBeforeTheEndIsMended) {
  {
    auto tree = open();
    ASSERT_TRUE(tree.sync({{"a.c", FileContent{"A"}}}));
  }
  // As if it had died between two files of the next overlay.
  write("originals/sub/b.c", "b");
  write("changed", "a.c\nsub/b.c\n");
  write("tree/sub/b.c", "half");
  auto tree = open();
  EXPECT_EQ(tree.original("sub/b.c").value()->bytes, "b");
  ASSERT_TRUE(tree.sync({}));
  EXPECT_EQ(text("a.c"), "a");
  EXPECT_EQ(text("sub/b.c"), "b");
}

}  // namespace
}  // namespace bioscope::kbuild
