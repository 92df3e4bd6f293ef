// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/dm_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/dm-ioctl.h>

#include <cstring>

namespace bioscope::scenario {
namespace {

using testing::HasSubstr;

const BlockDevice kRam0{"/dev/ram0", "ram0", 0x100, 32768};
const BlockDevice kRam1{"/dev/ram1", "ram1", 0x101, 30000};
const BlockDevice kFar{"/dev/dm-256", "dm-256", 0x10fd00, 8};  // a minor above 255

TEST(Table, NamesDisksByNumber) {
  EXPECT_EQ(kRam1.major_minor(), "1:1");
  EXPECT_EQ(kFar.major_minor(), "253:256");
}

TEST(Table, BuildsTheTargetsOfTheScenarios) {
  EXPECT_EQ(linear(kRam0).parameters, "1:0 0");
  EXPECT_EQ(linear(kRam0).sectors, 32768u);
  EXPECT_EQ(linear(kRam0, {64, 128}).parameters, "1:0 64");
  EXPECT_EQ(linear(kRam0, {64, 128}).sectors, 128u);
  EXPECT_EQ(crypt(kRam0, "aes-xts-plain64", "00ff").parameters, "aes-xts-plain64 00ff 0 1:0 0");
  EXPECT_EQ(crypt_discarding(kRam0, {8, 64}, "aes-xts-plain64", "00ff").parameters,
            "aes-xts-plain64 00ff 0 1:0 8 1 allow_discards");
  EXPECT_EQ(snapshot(kRam0, kRam1, 8).parameters, "1:0 1:1 P 8");
  EXPECT_EQ(snapshot(kRam0, kRam1, 8).sectors, 32768u);
  EXPECT_EQ(snapshot_origin(kRam0).type, "snapshot-origin");
  EXPECT_EQ(snapshot_origin(kRam0).parameters, "1:0");
  EXPECT_EQ(thin_pool(kRam0, kRam1, 128).parameters, "1:0 1:1 128 0");
  EXPECT_EQ(thin_pool(kRam0, kRam1, 128).sectors, 30000u / 128 * 128);
  EXPECT_EQ(thin(kFar, 3, 2048).parameters, "253:256 3");
  EXPECT_EQ(mirror({kRam0, kRam1}, 64).parameters,
            "core 2 64 nosync 2 1:0 0 1:1 0 1 handle_errors");
  EXPECT_EQ(mirror({kRam0, kRam1}, 64).sectors, 30000u);
  EXPECT_EQ(raid("raid1 2 0 nosync", {kRam0, kRam1}, 4096).parameters,
            "raid1 2 0 nosync 2 - 1:0 - 1:1");
  EXPECT_EQ(flakey(kRam0, 2, 1).parameters, "1:0 0 2 1");
  EXPECT_EQ(flakey(kRam0, 2, 1, {"drop_writes"}).parameters, "1:0 0 2 1 1 drop_writes");
  EXPECT_EQ(delay(kRam0, 5).parameters, "1:0 0 5");
  EXPECT_EQ(delay_reads(kRam0, 5).parameters, "1:0 0 5 1:0 0 0");
  EXPECT_EQ(error(8).type, "error");
  EXPECT_EQ(zero(8).type, "zero");
}

TEST(Table, StripesWholeChunksOfTheSmallestDisk) {
  const Target target = striped({kRam0, kRam1}, 128);
  EXPECT_EQ(target.parameters, "2 128 1:0 0 1:1 0");
  EXPECT_EQ(target.sectors, 30000u / 128 * 128 * 2);
}

TEST(Table, ConcatenatesTargets) {
  const Table table = concatenate({linear(kRam0, {0, 100}), zero(28), error(8)});
  EXPECT_EQ(table[0].start, 0u);
  EXPECT_EQ(table[1].start, 100u);
  EXPECT_EQ(table[2].start, 128u);
  EXPECT_EQ(size_of(table), 136u);
}

// As the kernel walks it: each distance counts from the target's own start.
TEST(Table, EncodesAsTheKernelReads) {
  const Table table = concatenate({linear(kRam0, {5, 100}), error(8), linear(kRam1, {7, 24})});
  const std::string bytes = encode(table);
  std::size_t at = 0;
  for (const Target& target : table) {
    ASSERT_LE(at + sizeof(dm_target_spec), bytes.size());
    ASSERT_EQ(at % 8, 0u);
    dm_target_spec spec;
    std::memcpy(&spec, bytes.data() + at, sizeof spec);
    EXPECT_EQ(spec.sector_start, target.start);
    EXPECT_EQ(spec.length, target.sectors);
    EXPECT_STREQ(spec.target_type, target.type.c_str());
    EXPECT_STREQ(bytes.data() + at + sizeof spec, target.parameters.c_str());
    at += spec.next;
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_TRUE(encode({}).empty());
}

// What the kernel answers with: distances from the first target.
std::string answer(const Table& table) {
  std::string bytes;
  for (const Target& target : table) {
    std::string one = encode({target});
    dm_target_spec spec;
    std::memcpy(&spec, one.data(), sizeof spec);
    spec.next += static_cast<std::uint32_t>(bytes.size());
    std::memcpy(one.data(), &spec, sizeof spec);
    bytes += one;
  }
  return bytes;
}

TEST(Table, DecodesTheKernelsAnswer) {
  const Table table = concatenate({linear(kRam0, {5, 100}), error(8), linear(kRam1, {7, 24})});
  const auto decoded = decode(answer(table), 3);
  ASSERT_TRUE(decoded) << decoded.error().text();
  ASSERT_EQ(decoded->size(), 3u);
  for (std::size_t index = 0; index < table.size(); ++index) {
    EXPECT_EQ((*decoded)[index].start, table[index].start);
    EXPECT_EQ((*decoded)[index].sectors, table[index].sectors);
    EXPECT_EQ((*decoded)[index].type, table[index].type);
    EXPECT_EQ((*decoded)[index].parameters, table[index].parameters);
  }
}

TEST(Table, RefusesAnswersThatLeaveTheirBytes) {
  const std::string bytes = answer({linear(kRam0)});
  EXPECT_THAT(decode(bytes, 2).error().what, HasSubstr("target 1 of dm's table"));
  EXPECT_THAT(decode(std::span(bytes).first(20), 1).error().what, HasSubstr("at byte 0 of 20"));
  EXPECT_THAT(decode(std::span(bytes).first(sizeof(dm_target_spec) + 3), 1).error().what,
              HasSubstr("a string without end"));
  EXPECT_EQ(decode(bytes, 2).error().blame, Blame::kGuest);

  std::string far = bytes;
  const std::uint32_t next = 0xfffffff0;
  std::memcpy(far.data() + offsetof(dm_target_spec, next), &next, sizeof next);
  EXPECT_FALSE(decode(far, 2));
}

}  // namespace
}  // namespace bioscope::scenario
