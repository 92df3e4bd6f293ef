// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/block_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest/scenario/quiet_host.h"

namespace bioscope::scenario {
namespace {

// A file in the place of a disk; it takes all calls but the ioctls.
class CachedDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/var/tmp/bioscope-XXXXXX";
    const Fd file(::mkstemp(path));
    ASSERT_TRUE(file);
    ASSERT_EQ(::ftruncate(file.get(), 64 * 512), 0);
    path_ = path;
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  CachedDisk open(std::uint32_t writer) {
    auto cached = CachedDisk::open(workload_, {path_, "disk", 0x100, 64}, writer);
    EXPECT_TRUE(cached) << cached.error().text();
    return std::move(*cached);
  }

  std::string path_;
  QuietHost host_;
  Workload workload_{host_, 1};
};

TEST_F(CachedDiskTest, TellsEachCallAndItsEnd) {
  CachedDisk cached = open(3);
  EXPECT_EQ(cached.write(Caching::kBuffered, {8, 8}), 0);
  EXPECT_EQ(cached.sync(), 0);
  ASSERT_EQ(host_.calls.size(), 2u);
  EXPECT_EQ(host_.calls[0].op, std::uint32_t{BSC_IO_WRITE});
  EXPECT_EQ(host_.calls[0].flags, std::uint32_t{BSC_IO_BUFFERED});
  EXPECT_EQ(host_.calls[0].place, 0x100'0000'0001u);
  EXPECT_EQ(host_.calls[0].writer, 3u);
  EXPECT_EQ(host_.calls[0].counter, 1u);
  EXPECT_EQ(host_.calls[1].place, 0u);
  ASSERT_EQ(host_.returns.size(), 2u);
  EXPECT_EQ(host_.returns[0].call, host_.calls[0].call);
  EXPECT_NE(host_.calls[0].call, host_.calls[1].call);
}

TEST_F(CachedDiskTest, TellsARunForEachWriteAndPage) {
  CachedDisk cached = open(3);
  EXPECT_EQ(cached.write(Caching::kDirect, {0, 16}), 0);
  EXPECT_EQ(cached.write(Caching::kBuffered, {4, 2}), 0);
  EXPECT_EQ(cached.read(Caching::kBuffered, {0, 24}), 0);
  ASSERT_EQ(host_.seen.size(), 5u);
  const auto expect = [&](std::size_t at, std::uint64_t sector, std::uint32_t sectors,
                          std::uint64_t counter) {
    EXPECT_EQ(host_.seen[at].sector, sector) << at;
    EXPECT_EQ(host_.seen[at].sectors, sectors) << at;
    EXPECT_EQ(host_.seen[at].counter, counter) << at;
  };
  expect(0, 0, 4, 1);
  expect(1, 4, 2, 2);
  expect(2, 6, 2, 1);
  expect(3, 8, 8, 1);
  expect(4, 16, 8, 0);
  EXPECT_EQ(host_.seen[2].stamp_sector, 6u);
  EXPECT_EQ(host_.seen[4].state, std::uint32_t{BSC_SECTOR_ZERO});
}

TEST_F(CachedDiskTest, TellsWhatFails) {
  CachedDisk cached = open(1);
  EXPECT_EQ(cached.read(Caching::kBuffered, {60, 8}), -EIO);  // the file ends before
  EXPECT_NE(cached.flush_buffers(), 0);                       // a file takes no BLKFLSBUF
  ASSERT_EQ(host_.returns.size(), 2u);
  EXPECT_EQ(host_.returns[0].result, -EIO);
  EXPECT_LT(host_.returns[1].result, 0);
  EXPECT_TRUE(host_.seen.empty());
}

}  // namespace
}  // namespace bioscope::scenario
