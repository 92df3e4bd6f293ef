// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "guest/scenario/quiet_host.h"
#include "harness/base/file.h"

namespace bioscope::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSectors = 1024;

// A regular file stands in for the disk: the same system calls, without root.
class StreamOnAFile : public testing::Test {
 protected:
  StreamOnAFile()
      : path_(std::filesystem::temp_directory_path() / fmt::format("bsc-stream-{}", ::getpid())),
        disk_{path_, "file", 0xfd00, kSectors} {
    EXPECT_TRUE(write_file(path_, std::string(kSectors * kSectorBytes, '\0')));
  }
  ~StreamOnAFile() override { std::filesystem::remove(path_); }

  Stream open(StreamOptions options = {.extent = {0, kSectors}}) {
    options.caching = Caching::kBuffered;  // a file system may refuse O_DIRECT
    auto stream = Stream::open(workload_, disk_, options);
    if (!stream) throw std::runtime_error(stream.error().text());
    return std::move(*stream);
  }

  void overwrite(std::uint64_t sector, std::string_view bytes) {
    const auto fd = open_file(path_, O_WRONLY);
    ASSERT_TRUE(fd);
    ASSERT_EQ(
        ::pwrite(fd->get(), bytes.data(), bytes.size(), static_cast<off_t>(sector * kSectorBytes)),
        static_cast<ssize_t>(bytes.size()));
  }

  std::string sector(std::uint64_t number) {
    return read_file(path_).value().substr(number * kSectorBytes, kSectorBytes);
  }

  std::filesystem::path path_;
  BlockDevice disk_;
  QuietHost host_;
  Workload workload_{host_, 1};
};

TEST_F(StreamOnAFile, ReadsBackWhatItWrote) {
  Stream stream = open();
  ASSERT_TRUE(stream.run({.requests = 128}));
  ASSERT_TRUE(stream.run({.requests = 500, .read_percent = 50, .random = true}));
  ASSERT_TRUE(stream.run({.requests = 10, .durable = true}));
  ASSERT_TRUE(stream.read_back());
  stream.flush();
  EXPECT_THAT(stream.faults(), IsEmpty());
  EXPECT_EQ(stream.tally().reads + stream.tally().writes, 128u + 500 + 10 + 128);
  EXPECT_GT(stream.tally().reads, 128u);
  EXPECT_GT(host_.steps, 0u);
}

TEST_F(StreamOnAFile, StaysInItsExtent) {
  Stream stream = open({.extent = {256, 512}, .block = 8192, .depth = 3, .writer = 9});
  ASSERT_TRUE(stream.run({.requests = 100, .random = true}));
  const std::string nothing(kSectorBytes, '\0');
  EXPECT_EQ(sector(255), nothing);
  EXPECT_EQ(sector(768), nothing);
  std::size_t stamped = 0;
  for (std::uint64_t number = 256; number < 768; ++number) {
    const std::string bytes = sector(number);
    const auto content = read_sector(ConstSector(std::as_bytes(std::span(bytes)).first<512>()));
    if (content.state != SectorContent::State::kStamped) continue;
    ++stamped;
    EXPECT_EQ(content.stamp.sector, number);
    EXPECT_EQ(content.stamp.writer, 9u);
    EXPECT_EQ(content.stamp.device, 0xfd00u);
  }
  EXPECT_GT(stamped, 0u);
  EXPECT_EQ(stamped % 16, 0u);
}

TEST_F(StreamOnAFile, FindsStaleMisplacedTornAndZeroedSectors) {
  Stream stream = open();
  ASSERT_TRUE(stream.run({.requests = 128}));
  const std::string stale = sector(8);
  ASSERT_TRUE(stream.run({.requests = 128}));
  overwrite(8, stale);
  overwrite(17, sector(16));
  overwrite(24, "torn");
  overwrite(33, std::string(kSectorBytes, '\0'));
  ASSERT_TRUE(stream.read_back());
  EXPECT_THAT(stream.faults(),
              ElementsAre(HasSubstr("sector 8 of file reads as sector 8 of disk 253:0 by writer 0, "
                                    "write 2 instead of sector 8 of disk 253:0 by writer 0, "
                                    "write 130"),
                          HasSubstr("sector 17 of file reads as sector 16"),
                          HasSubstr("sector 24 of file reads as damaged"),
                          HasSubstr("sector 33 of file reads as zeros")));
}

TEST_F(StreamOnAFile, SaysHowManyMoreFaultsThereAre) {
  Stream stream = open();
  ASSERT_TRUE(stream.run({.requests = 128}));
  overwrite(0, std::string(12 * kSectorBytes, 'x'));
  ASSERT_TRUE(stream.read_back());
  ASSERT_EQ(stream.faults().size(), Stream::kMaxFaults + 1);
  EXPECT_EQ(stream.faults().back(), "and 4 more");
}

TEST_F(StreamOnAFile, AShortReadIsAFault) {
  Stream stream = open();
  ASSERT_TRUE(stream.run({.requests = 128}));
  std::filesystem::resize_file(path_, 100 * kSectorBytes);
  ASSERT_TRUE(stream.read_back());
  ASSERT_FALSE(stream.faults().empty());
  EXPECT_THAT(stream.faults().front(), HasSubstr("read of sector 96 of file gave 2048 of 4096"));
}

TEST_F(StreamOnAFile, AFailedIoctlIsAFaultAndTheContentIsUnknown) {
  Stream stream = open();
  ASSERT_TRUE(stream.run({.requests = 128}));
  stream.zero();  // no ioctl of a regular file
  EXPECT_THAT(stream.faults(), ElementsAre(HasSubstr("BLKZEROOUT of 1024 sectors from 0")));
  const auto reads = stream.tally().reads;
  ASSERT_TRUE(stream.read_back());
  EXPECT_EQ(stream.tally().reads, reads);
}

TEST_F(StreamOnAFile, StopsWhenAsked) {
  Stream stream = open();
  const std::atomic<bool> stop{true};
  ASSERT_TRUE(stream.run({.requests = 1000, .stop = &stop}));
  EXPECT_EQ(stream.tally().writes, 0u);
}

TEST_F(StreamOnAFile, RefusesAnExtentThatDoesNotFit) {
  for (const Extent extent : {Extent{1000, 100}, Extent{0, 8}, Extent{0, 0}}) {
    const auto stream = Stream::open(workload_, disk_, {.extent = extent});
    ASSERT_FALSE(stream);
    EXPECT_THAT(stream.error().what, HasSubstr("does not fit"));
  }
}

TEST(Share, DividesADiskWithoutOverlap) {
  const BlockDevice disk{"", "x", 0, 1003};
  EXPECT_EQ(share_of(disk, 0, 3).sectors, 328u);
  EXPECT_EQ(share_of(disk, 2, 3).first, 656u);
}

}  // namespace
}  // namespace bioscope::scenario
