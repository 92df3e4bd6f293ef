// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/slab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "harness/base/file.h"

namespace bioscope::scenario {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class Slabs : public testing::Test {
 protected:
  Slabs() : root_(fs::temp_directory_path() / fmt::format("bsc-slab-{}", ::getpid())) {}
  ~Slabs() override { fs::remove_all(root_); }

  void put(const std::string& cache, const std::string& traces) {
    const auto cache_place = root_ / "slab" / cache, traces_place = root_ / "debug/slab" / cache;
    ASSERT_TRUE(make_directories(cache_place));
    ASSERT_TRUE(make_directories(traces_place));
    ASSERT_TRUE(write_file(cache_place / "shrink", ""));
    ASSERT_TRUE(write_file(cache_place / "slabs", "3 N0=3\n"));
    ASSERT_TRUE(write_file(cache_place / "order", "1\n"));
    ASSERT_TRUE(write_file(traces_place / "alloc_traces", traces));
  }

  Places places() const {
    EXPECT_TRUE(make_directories(root_ / "vm"));
    EXPECT_TRUE(write_file(root_ / "vm/drop_caches", ""));
    EXPECT_TRUE(write_file(root_ / "vm/stat_refresh", ""));
    EXPECT_TRUE(
        write_file(root_ / "meminfo", "MemTotal: 9 kB\nSlab:             88 kB\nX: 1 kB\n"));
    return {.slab = root_ / "slab",
            .traces = root_ / "debug/slab",
            .sysctl = root_,
            .meminfo = root_ / "meminfo"};
  }

  fs::path root_;
};

TEST_F(Slabs, AreThoseOfKmallocThatNobodyReclaims) {
  put("kmalloc-1k",
      "    120 alloc_arena+0x2d/0x340 [nd_btt] age=5/90/120 pid=1-8 cpus=0-1\n"
      "        __kmalloc+0x45/0x140\n        alloc_arena+0x2d/0x340 [nd_btt]\n\n"
      "      7 bdi_alloc+0x1e/0x90 age=90 pid=1\n"
      "      1 bdi_alloc+0x1e/0x90 age=3 pid=9\n");
  put("kmalloc-rcl-64", "      9 d_alloc+0x1e/0x90 age=90 pid=1\n");
  fs::create_directory_symlink("kmalloc-1k", root_ / "slab/another-name");
  put("dentry", "   5000 d_alloc+0x1e/0x90 age=90 pid=1\n");
  const auto all = allocations(places());
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_THAT(*all, ElementsAre(Pair("kmalloc-1k, alloc_arena+0x2d/0x340 [nd_btt]", 120),
                                Pair("kmalloc-1k, bdi_alloc+0x1e/0x90", 8),
                                Pair(kLargePages, (22 - 3 * 3 * 2) / 3)));
  EXPECT_EQ(read_file(root_ / "slab/kmalloc-1k/shrink").value(), "1") << "or it counts too many";
  EXPECT_EQ(read_file(root_ / "slab/dentry/shrink").value(), "");
}

TEST_F(Slabs, AKernelThatDoesNotTrackThemIsAnError) {
  EXPECT_FALSE(allocations(places()));
  put("kmalloc-1k", "");
  const auto none = allocations(places());
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr(kSlabTracking));
}

TEST(Grown, AreThoseThatKeepAnObjectOfEachRound) {
  EXPECT_THAT(
      grown({{"a", 10}, {"b", 5}, {"c", 90}}, {{"a", 22}, {"b", 16}, {"c", 3}, {"d", 12}}, 12),
      ElementsAre("12 of a", "12 of d"));
  EXPECT_THAT(grown({{"a", 10}}, {{"a", 21}, {"d", 11}}, 12), IsEmpty());
}

}  // namespace
}  // namespace bioscope::scenario
