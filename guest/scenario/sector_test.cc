// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/sector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace bioscope::scenario {
namespace {

using State = SectorContent::State;
using Bytes = std::array<std::byte, 512>;

const Stamp kStamp{.device = 0xfd00000, .writer = 3, .sector = 88, .counter = 7};

Bytes stamped(const Stamp& stamp) {
  Bytes bytes{};
  write_stamp(bytes, stamp);
  return bytes;
}

TEST(Sector, SaysWhatWasWritten) {
  const auto content = read_sector(stamped(kStamp));
  EXPECT_EQ(content.state, State::kStamped);
  EXPECT_EQ(content.stamp, kStamp);
}

TEST(Sector, KnowsZeros) { EXPECT_EQ(read_sector(Bytes{}).state, State::kZero); }

TEST(Sector, AnyChangedByteIsDamage) {
  for (std::size_t at = 0; at < 512; ++at) {
    Bytes bytes = stamped(kStamp);
    bytes[at] ^= std::byte{0x10};
    EXPECT_EQ(read_sector(bytes).state, State::kDamaged) << "byte " << at;
  }
}

TEST(Sector, AMixOfTwoWritesIsDamageWhereverItIsTorn) {
  Stamp newer = kStamp;
  ++newer.counter;
  const Bytes before = stamped(kStamp);
  const Bytes after = stamped(newer);
  for (std::size_t torn = 8; torn < 512; torn += 8) {
    Bytes bytes = before;
    std::copy_n(after.begin(), torn, bytes.begin());
    const State wanted = bytes == before ? State::kStamped : State::kDamaged;
    EXPECT_EQ(read_sector(bytes).state, wanted) << "torn at " << torn;
  }
}

TEST(Sector, SwappedWordsAreDamage) {
  Bytes bytes = stamped(kStamp);
  std::swap_ranges(bytes.begin() + 64, bytes.begin() + 72, bytes.begin() + 128);
  EXPECT_EQ(read_sector(bytes).state, State::kDamaged);
}

TEST(Sector, LayoutIsFixed) {
  const Bytes bytes = stamped(kStamp);
  EXPECT_EQ(std::memcmp(bytes.data(), "Bsector1", 8), 0);
  std::uint32_t device = 0;
  std::uint32_t writer = 0;
  std::uint64_t sector = 0;
  std::uint64_t counter = 0;
  std::uint64_t checksum = 0;
  std::memcpy(&device, bytes.data() + 8, 4);
  std::memcpy(&writer, bytes.data() + 12, 4);
  std::memcpy(&sector, bytes.data() + 16, 8);
  std::memcpy(&counter, bytes.data() + 24, 8);
  std::memcpy(&checksum, bytes.data() + 504, 8);
  EXPECT_EQ(device, kStamp.device);
  EXPECT_EQ(writer, kStamp.writer);
  EXPECT_EQ(sector, kStamp.sector);
  EXPECT_EQ(counter, kStamp.counter);
  EXPECT_EQ(checksum, 1234916415821329872u) << "sectors of older runs would read as damaged";
}

TEST(Sector, DescribesForPeople) {
  SectorContent content =
      read_sector(stamped({.device = 0xfd01, .writer = 3, .sector = 88, .counter = 7}));
  EXPECT_EQ(describe(content), "sector 88 of disk 253:1 by writer 3, write 7");
  content.state = State::kDamaged;
  EXPECT_EQ(describe(content),
            "damaged (its head says sector 88 of disk 253:1 by writer 3, "
            "write 7)");
  EXPECT_EQ(describe(read_sector(Bytes{})), "zeros");
}

}  // namespace
}  // namespace bioscope::scenario
