// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/attached.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/nvdimm/btt_image.h"

namespace bioscope::nvdimm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> differs(BttImage found, BttImage left) {
  return differs_from_foreseen(MemoryBytes(found.bytes()), MemoryBytes(left.bytes())).value();
}

TEST(Attached, ATableThatWasOnlyReadIsAsItWas) {
  EXPECT_THAT(differs(BttImage(2), BttImage(2)), IsEmpty());
}

TEST(Attached, WhatTheLogMendsIsForeseen) {
  BttImage cut;
  cut.map(0, 2, 0xc0000002);  // lane 2 logged a new block for it
  EXPECT_THAT(differs(cut, BttImage()), IsEmpty());
  EXPECT_THAT(differs(cut, cut), ElementsAre(HasSubstr("LBA 2 is not mapped to block 30"),
                                             HasSubstr("LBA 2 is at block 2, where block 30")));
}

TEST(Attached, WhatNobodyWroteIsToStay) {
  BttImage swapped;
  swapped.map(0, 9, 0xc000000a);
  swapped.map(0, 10, 0xc0000009);
  EXPECT_THAT(differs(BttImage(), swapped),
              ElementsAre("LBA 9 is at block 10, where block 9 was to be expected",
                          "LBA 10 is at block 9, where block 10 was to be expected"));
  BttImage flagged;
  flagged.map(0, 9, 0x40000009);
  EXPECT_THAT(differs(BttImage(), flagged),
              ElementsAre("LBA 9 is at block 9, reading as an error, where block 9 was to be "
                          "expected"));
  BttImage broken;
  broken.map(0, 9, 0xc0000008);
  EXPECT_THAT(differs(BttImage(), broken), ::testing::Not(IsEmpty()));
  EXPECT_THAT(differs(BttImage(2), BttImage(1)), ::testing::Not(IsEmpty()));
}

TEST(Attached, NothingIsForeseenOfWhatIsBroken) {
  BttImage broken;
  broken.map(0, 9, 0xc0000008);
  EXPECT_FALSE(differs_from_foreseen(MemoryBytes(broken.bytes()), MemoryBytes(broken.bytes())));
}

}  // namespace
}  // namespace bioscope::nvdimm
