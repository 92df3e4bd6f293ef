// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/btt_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/nvdimm/btt_image.h"

namespace bioscope::nvdimm {
namespace {

using ::testing::HasSubstr;

std::string kinds(const Check& check) {
  std::string text;
  for (const auto& found : check.found) text += (text.empty() ? "" : " ") + found.kind;
  return text;
}

TEST(BttCheck, AnImageAsAKernelLeavesIt) {
  const auto check = BttImage(2).check().value();
  EXPECT_TRUE(check.clean()) << check.found.front().what;
  ASSERT_EQ(check.arenas.size(), 2u);
  const Arena& arena = check.arenas[1];
  EXPECT_EQ(arena.offset, 4096u + BttImage::kArena);
  EXPECT_TRUE(arena.primary);
  EXPECT_TRUE(arena.copy);
  EXPECT_EQ(arena.info.external_lbas, 28u);
  EXPECT_EQ(arena.mapped, 4u);
  EXPECT_THAT(arena.free, ::testing::ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(arena.pending.empty());
}

TEST(BttCheck, AFileWithoutATableIsAUsageError) {
  for (const std::size_t size : {0u, 100u, 4096u, 100'000u}) {
    const auto check = check_btt(MemoryBytes(std::vector<std::uint8_t>(size)));
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().blame, Blame::kUsage);
    EXPECT_THAT(check.error().what, HasSubstr("--offset"));
  }
}

TEST(BttCheck, ANamespaceMayBeginElsewhere) {
  BttImage image;
  image.bytes().insert(image.bytes().begin(), 1 << 20, 0);
  EXPECT_TRUE(image.check(1 << 20).value().clean());
  EXPECT_TRUE(image.check().value().clean()) << "is searched for";
}

TEST(BttCheck, ADamagedInfoBlockIsTakenFromItsCopy) {
  BttImage image;
  image.put(4096 + 60, 27, 4);
  const auto check = image.check().value();
  EXPECT_EQ(kinds(check), "info");
  EXPECT_FALSE(check.arenas[0].primary);
  EXPECT_EQ(check.arenas[0].mapped, 4u) << "the rest was checked by the copy";
}

TEST(BttCheck, ADamagedCopyIsToldAsThat) {
  BttImage image;
  image.put(4096 + BttImage::kCopy, 0, 8);
  EXPECT_EQ(kinds(image.check().value()), "copy");
  BttImage other;
  other.put(4096 + BttImage::kCopy + 20, 7, 1);
  other.seal(4096 + BttImage::kCopy);
  EXPECT_THAT(other.check()->found.at(0).what, HasSubstr("something else"));
}

TEST(BttCheck, APartOutsideTheFileIsNotRead) {
  for (const unsigned field : {88u, 96u, 104u, 112u}) {
    BttImage image;
    image.put(4096 + field, ~0ULL - 100, 8);
    image.seal(4096);
    EXPECT_THAT(kinds(image.check().value()), HasSubstr("layout")) << field;
  }
  BttImage many;
  many.put(4096 + 60, 0xffffffef, 4);
  many.put(4096 + 68, 0xfffffff3, 4);
  many.seal(4096);
  EXPECT_THAT(kinds(many.check().value()), HasSubstr("layout"));
}

TEST(BttCheck, AChainOfArenasThatLeavesTheFileOrGoesBackEnds) {
  for (const std::uint64_t next : {~std::uint64_t{0}, std::uint64_t{64}, std::uint64_t{1} << 40}) {
    BttImage image;
    image.info(4096, next);
    image.info(4096 + BttImage::kCopy, next);
    EXPECT_EQ(kinds(image.check().value()), "layout") << next;
  }
}

TEST(BttCheck, AnArenaThatIsNotThereIsLost) {
  BttImage image(2);
  image.put(image.at(1), 0, 8);
  image.put(image.at(1) + BttImage::kCopy, 0, 8);
  EXPECT_EQ(kinds(image.check().value()), "info copy");
}

TEST(BttCheck, HalvesOfALane) {
  struct Case {
    std::uint32_t first;
    std::uint32_t second;
    bool good;
  };
  for (const Case& c : {Case{1, 2, true}, Case{3, 2, true}, Case{3, 1, true}, Case{1, 0, true},
                        Case{0, 0, false}, Case{2, 2, false}, Case{4, 1, false}}) {
    BttImage image;
    // The newer half frees block 0; the other names a block that would be there twice.
    const bool first_is_newer = c.second == 0 || c.first == c.second % 3 + 1;
    const LogEntry newer{.lba = 0, .old_block = 0, .new_block = 28};
    const LogEntry older{.lba = 0, .old_block = 5, .new_block = 5};
    auto one = first_is_newer ? newer : older;
    auto two = first_is_newer ? older : newer;
    one.sequence = c.first;
    two.sequence = c.second;
    image.log(0, 0, 0, one);
    image.log(0, 0, 1, two);
    const auto check = image.check().value();
    EXPECT_EQ(check.clean(), c.good) << c.first << ' ' << c.second;
    if (c.good) continue;
    EXPECT_EQ(check.found[0].kind, "flog");
    EXPECT_EQ(check.found[0].lane, 0u);
    EXPECT_EQ(check.found[0].offset, 4096 + BttImage::kFlog);
    EXPECT_EQ(check.found.size(), 1u) << "its free block is not counted as lost";
  }
}

TEST(BttCheck, HalvesMayBeInTheThirdSlot) {
  BttImage image;
  for (std::uint32_t lane = 0; lane < BttImage::kLanes; ++lane) {
    image.log(0, lane, 2, {.lba = lane, .old_block = lane, .new_block = 28 + lane, .sequence = 2});
    image.log(0, lane, 1, {});
  }
  const auto check = image.check().value();
  EXPECT_TRUE(check.clean());
  EXPECT_EQ(check.arenas[0].log_step, 2u);
  image.log(0, 3, 1, {.lba = 3, .old_block = 3, .new_block = 31, .sequence = 2});
  EXPECT_THAT(image.check()->found.at(0).what, HasSubstr("slots 0, 1, 2"));
}

TEST(BttCheck, AWriteThatWasLoggedAndNotMappedIsPending) {
  BttImage image;
  image.map(0, 2, 0);  // still at its initial place
  const auto check = image.check().value();
  EXPECT_TRUE(check.clean()) << "the next attach mends it";
  ASSERT_EQ(check.arenas[0].pending.size(), 1u);
  EXPECT_EQ(check.arenas[0].pending[0].lane, 2u);
  EXPECT_EQ(check.arenas[0].pending[0].new_block, 30u);
}

TEST(BttCheck, ABlockThatTwoHoldIsNamedWithBoth) {
  BttImage image;
  image.map(0, 9, 0xc0000000U | 29);  // LBA 1 has it; and 9 is nobody's now
  const auto check = image.check().value();
  EXPECT_EQ(kinds(check), "permutation permutation");
  EXPECT_THAT(check.found[0].what, HasSubstr("block 29"));
  EXPECT_THAT(check.found[0].what, HasSubstr("LBA 1, LBA 9"));
  EXPECT_EQ(check.found[0].offset, 4096u + 0x1000 + 29 * 512);
  EXPECT_THAT(check.found[1].what, HasSubstr("1 blocks are held by nobody: 9"));
}

TEST(BttCheck, ABlockMayBeMappedAndFree) {
  BttImage image;
  image.map(0, 7, 0xc0000000U | 3);
  const auto check = image.check().value();
  EXPECT_THAT(check.found.at(0).what, HasSubstr("LBA 7, the free block of lane 3"));
  EXPECT_EQ(check.found[0].lane, 3u);
}

TEST(BttCheck, AMapEntryBeyondTheBlocks) {
  BttImage image;
  image.map(0, 6, 0xc0000000U | 32);
  const auto check = image.check().value();
  EXPECT_EQ(check.found.at(0).kind, "map");
  EXPECT_EQ(check.found[0].lba, 6u);
}

TEST(BttCheck, ZeroAndErrorEntriesHoldTheirBlocks) {
  BttImage image;
  image.map(0, 5, 0x80000000U | 5);
  image.map(0, 6, 0x40000000U | 6);
  const auto check = image.check().value();
  EXPECT_TRUE(check.clean());
  EXPECT_EQ(check.arenas[0].zero, 1u);
  EXPECT_EQ(check.arenas[0].error, 1u);
}

TEST(BttCheck, AMarkedArenaIsToldAndChecked) {
  BttImage image;
  for (const std::uint64_t place : {std::uint64_t{0}, BttImage::kCopy}) {
    image.put(4096 + place + 48, kArenaError, 4);
    image.seal(4096 + place);
  }
  const auto check = image.check().value();
  EXPECT_EQ(kinds(check), "info");
  EXPECT_EQ(check.arenas[0].mapped, 4u);
}

TEST(BttCheck, TheListIsBounded) {
  BttImage image;
  for (std::uint32_t lba = 0; lba < BttImage::kLbas; ++lba) image.map(0, lba, 0xffffffff);
  const auto check = image.check().value();
  EXPECT_LE(check.found.size(), kMostFound);
  EXPECT_FALSE(check.clean());
}

// Every byte of the structures, changed in turn, ends in a result and never in a crash.
TEST(BttCheck, NoSingleDamageBreaksTheReader) {
  const BttImage whole;
  for (const auto& [begin, end] :
       {std::pair{4096u, 4096u + 128u}, std::pair{4096u + 0x5000u, 4096u + 0x5000u + 112u},
        std::pair{4096u + 0x6000u, 4096u + 0x6000u + 256u}})
    for (unsigned at = begin; at < end; ++at)
      for (const unsigned bits : {0x01u, 0x80u, 0xffu}) {
        BttImage image;
        image.bytes()[at] = static_cast<std::uint8_t>(image.bytes()[at] ^ bits);
        if (at < 4096u + 128u) image.seal(4096);
        static_cast<void>(image.check());
      }
}

}  // namespace
}  // namespace bioscope::nvdimm
