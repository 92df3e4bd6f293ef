// SPDX-License-Identifier: GPL-2.0-only
#include "harness/inspect/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/tape.h"

namespace bioscope::inspect {
namespace {

using ::testing::ElementsAre;
using testing::Tape;

Lives lives_of(const Tape& tape) {
  Lives lives;
  for (const auto& bytes : tape.records()) lives.see(Tape::record(bytes));
  return lives;
}

std::vector<std::string> labels(const std::vector<Member>& members) {
  std::vector<std::string> result;
  for (const Member& member : members) result.push_back(member.label);
  return result;
}

TEST(Lives, EachUseOfAnAddressIsALife) {
  Tape tape;
  tape.alloc(0x10).submit(0x10, 0xfd00, 1, 8192).endio(0x10, {.status = 10}).free(0x10);  // 1..4
  tape.alloc(0x10).submit(0x10).reset(0x10);                                              // 5..7
  const Lives lives = lives_of(tape);
  ASSERT_EQ(lives.all().size(), 3u);
  const Life& first = lives.all()[0];
  EXPECT_EQ(first.submitted.order, 2u);
  EXPECT_EQ(first.completed.order, 3u);
  EXPECT_EQ(first.status, 10u);
  EXPECT_EQ(first.freed.order, 4u);
  EXPECT_EQ(first.size, 8192u);
  EXPECT_EQ(lives.all()[2].number, 3u);
  EXPECT_EQ(lives.find(0x10, 0), 2u);
  EXPECT_EQ(lives.find(0x10, 4), 0u) << "a use after the free is still of this life";
  EXPECT_EQ(lives.find(0x10, 6), 1u);
  EXPECT_EQ(lives.find(0x20, 0), kNobody);
}

TEST(Lives, TheLastPutOfACachedBioFreesIt) {
  Tape tape;
  tape.alloc(0x10).put(0x10, 2, BSC_PUT_REFFED | BSC_PUT_CACHED);
  EXPECT_FALSE(lives_of(tape).all()[0].freed);
  tape.put(0x10, 1, BSC_PUT_REFFED | BSC_PUT_CACHED);
  EXPECT_EQ(lives_of(tape).all()[0].freed.order, 3u);
}

TEST(Family, ClonesChainsAndWhatATargetSendsMakeATree) {
  Tape tape;
  tape.alloc(0x10).alloc(0x20).clone(0x20, 0x10).map(0x20, 0x10);
  tape.alloc(0x30).remap(0x20, 0x30, 0x10);  // the target's own bio for 0x20
  tape.alloc(0x40).chain(0x40, 0x10);
  tape.alloc(0x50);  // a stranger
  const Lives lives = lives_of(tape);
  const auto members = family(lives.all(), lives.find(0x10, 0));
  EXPECT_THAT(labels(members), ElementsAre("A", "A1", "A1.1", "A2"));
  EXPECT_EQ(lives.all()[members[1].life].relation, "clone of");
  EXPECT_EQ(lives.all()[members[2].life].relation, "sent for");
  EXPECT_EQ(lives.all()[members[3].life].relation, "chained to");
}

TEST(Family, AChildBornBeforeItsParentBelongsToIt) {
  Tape tape;
  tape.alloc(0x10).alloc(0x20).chain(0x10, 0x20);
  const Lives lives = lives_of(tape);
  EXPECT_THAT(labels(family(lives.all(), lives.find(0x20, 0))), ElementsAre("A", "A1"));
}

TEST(Family, ARingOfRelationsEnds) {
  Tape tape;
  tape.alloc(0x10).alloc(0x20).clone(0x20, 0x10).chain(0x10, 0x20).clone(0x10, 0x10);
  const Lives lives = lives_of(tape);
  EXPECT_THAT(labels(family(lives.all(), lives.find(0x10, 0))), ElementsAre("A", "A1"));
  EXPECT_THAT(labels(family(lives.all(), lives.find(0x20, 0))), ElementsAre("A"));
}

}  // namespace
}  // namespace bioscope::inspect
