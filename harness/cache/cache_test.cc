// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cache/cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/package/lock.h"

namespace bioscope::cache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Cache : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(base_); }
  void put(const std::string& path, std::size_t kib, long used) {
    const auto file = base_ / path;
    ASSERT_TRUE(make_directories(file.parent_path()));
    ASSERT_TRUE(write_file(file, std::string(kib << 10, 'x')));
    touch(path, used);
  }
  void touch(const std::string& path, long used) {
    const timespec times[2] = {{.tv_sec = used, .tv_nsec = 0}, {.tv_sec = used, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (base_ / path).c_str(), times, 0), 0);
  }
  bool has(const std::string& path) const { return fs::exists(base_ / path); }
  fs::path base_ = fs::temp_directory_path() / fmt::format("bsc-cache-{}", ::getpid());
};

TEST_F(Cache, TellsEntriesByKindAndAge) {
  put("image/new.cpio", 64, 3000);
  put("package/tree/mdadm_4.2/usr/sbin/mdadm", 128, 1000);
  touch("package/tree/mdadm_4.2", 1000);
  put("kvm.json", 4, 1);
  std::vector<std::string> kinds;
  for (const auto& entry : entries(base_)) kinds.push_back(entry.kind);
  EXPECT_THAT(kinds, ElementsAre("package", "image"));
  EXPECT_GE(entries(base_)[0].bytes, 128u << 10);
  EXPECT_TRUE(entries(base_ / "nowhere").empty());
}

TEST_F(Cache, TrimsWhatWasNotUsedForTheLongestTime) {
  put("image/old.cpio", 512, 1000);
  put("image/new.cpio", 512, 3000);
  put("kernel/image/k/vmlinux", 512, 1);
  touch("kernel/image/k", 2000);
  const auto trimmed = trim(base_, 600 << 10).value();
  EXPECT_EQ(trimmed.removed, 2u);
  EXPECT_FALSE(has("image/old.cpio"));
  EXPECT_FALSE(has("kernel/image/k"));
  EXPECT_TRUE(has("image/new.cpio"));
  EXPECT_LE(trimmed.left, 600u << 10);
  EXPECT_EQ(trim(base_, 600 << 10).value().removed, 0u);
}

TEST_F(Cache, IsLeftAloneWhileItIsUsed) {
  put("image/old.cpio", 64, 1000);
  {
    const auto use = Use::begin(base_);
    ASSERT_TRUE(use);
    const auto refused = trim(base_, 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().blame, Blame::kUsage);
    EXPECT_THAT(refused.error().what, HasSubstr("try again when it has ended"));
    EXPECT_TRUE(has("image/old.cpio"));
    EXPECT_TRUE(Use::begin(base_)) << "several may use it";
  }
  EXPECT_EQ(trim(base_, 0).value().removed, 1u);
}

TEST_F(Cache, AFileOfTwoKernelsCountsOnce) {
  put("kernel/built/a/vmlinux", 1024, 1000);
  ASSERT_TRUE(make_directories(base_ / "kernel/built/b"));
  fs::create_hard_link(base_ / "kernel/built/a/vmlinux", base_ / "kernel/built/b/vmlinux");
  std::uint64_t sum = 0;
  for (const auto& entry : entries(base_)) sum += entry.bytes;
  EXPECT_LT(sum, 1200u << 10);
}

TEST_F(Cache, ABuildThatRunsIsKept) {
  put("kernel/build/debian/tree/Makefile", 64, 1000);
  {
    const auto lock = package::Lock::take(base_ / "kernel/build/debian/lock");
    ASSERT_TRUE(lock);
    EXPECT_EQ(trim(base_, 0).value().removed, 0u);
  }
  EXPECT_EQ(trim(base_, 0).value().removed, 1u);
}

TEST(Size, EveryForm) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("512M").value(), 512u << 20);
  EXPECT_EQ(parse_size("1.5G").value(), 3ull << 29);
  EXPECT_EQ(size_text(3ull << 29), "1.5 GiB");
  EXPECT_EQ(size_text(17), "17 B");
  for (const char* text : {"", "G", "-1", "5X", "5GB", "nan", "1e99G"})
    EXPECT_THAT(parse_size(text).error().what, HasSubstr("is no size; write 20G")) << text;
}

}  // namespace
}  // namespace bioscope::cache
