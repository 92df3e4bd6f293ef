// SPDX-License-Identifier: GPL-2.0-only
// Proofs 1 and 2 of the oracles of holders and claims, as oracle_test.cc has them for bios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "harness/oracle/cut.h"
#include "harness/oracle/oracle.h"
#include "harness/testing/judged.h"
#include "harness/testing/tape.h"

// clang-format off: a tape reads as lines of events, and clang-format gives each event its own.

namespace bioscope::oracle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::count;
using testing::judge;
using testing::Judged;
using testing::Tape;

// A slave with a partition, and the disks of two holders with their own block devices.
constexpr std::uint64_t kSlave = 0xffff888000001000, kPart = 0xffff888000002000,
                        kHolder = 0xffff888000003000, kOther = 0xffff888000004000,
                        kHolderBdev = 0xffff888000005000;
constexpr std::array<std::string_view, 7> kAll{
    "claims_add_up",       "failed_link_stays_unlinked", "holder_balance",     "holder_calls_return",
    "holder_within_claim", "slave_alive_when_linked",    "sysfs_shows_holders"};

using Claim = Tape::Claim;

// An exclusive open of `bdev` while it has `holders` claims by the kernel's count.
Tape& open(Tape& tape, std::uint64_t bdev, std::int32_t holders = 0, std::int32_t whole = 0,
           std::uint64_t disk = 0) {
  const Claim how{.holders = holders, .whole_holders = whole, .whole = disk};
  return tape.claim(BSC_EVENT_CLAIM_BEGIN, bdev, how).claim(BSC_EVENT_CLAIM_TRIED, bdev, how)
      .claim(BSC_EVENT_CLAIM_OPENED, bdev, how);
}

Tape& close(Tape& tape, std::uint64_t bdev, std::int32_t holders = 2, std::int32_t whole = 2,
            std::uint64_t disk = 0) {
  return tape.claim(BSC_EVENT_CLAIM_DROP, bdev,
                    {.holders = holders, .whole_holders = whole, .whole = disk})
      .claim(BSC_EVENT_CLAIM_DROPPED, bdev);
}

Tape& link(Tape& tape, std::uint64_t bdev = kSlave, std::uint64_t disk = kHolder,
           std::int32_t refs = 0) {
  return tape.link(bdev, disk, {.refs = refs}).linked(bdev, disk, refs + 1);
}

Tape& unlink(Tape& tape, std::uint64_t bdev = kSlave, std::uint64_t disk = kHolder,
             std::int32_t refs = 1) {
  return tape.unlink(bdev, disk, refs).unlinked(bdev, disk, refs - 1);
}

std::uint64_t arg(std::uint64_t owner, std::uint64_t target) {
  return std::uint64_t{Tape::dev_of(owner)} << 32 | (target != 0 ? Tape::dev_of(target) : 0);
}

// What sysfs shows of kSlave and kHolder.
Tape& look(Tape& tape, bool in_slaves, bool in_holders) {
  tape.mark(BSC_MARK_SYSFS_HOLDERS, 1);
  if (in_slaves) tape.mark(BSC_MARK_SLAVE_LINK, arg(kHolder, kSlave));
  if (in_holders) tape.mark(BSC_MARK_HOLDER_LINK, arg(kSlave, kHolder));
  return tape.mark(BSC_MARK_SYSFS_HOLDERS, 0);
}

struct CleanTape {
  const char* name;
  Tape tape;
};

std::vector<CleanTape> clean_tapes() {
  std::vector<CleanTape> tapes;
  const auto add = [&](const char* name) -> Tape& { return tapes.emplace_back(name).tape; };
  {
    Tape& tape = add("a holder comes and goes");
    open(tape, kSlave);
    link(tape);
    look(tape, true, true);
    unlink(tape);
    close(tape, kSlave);
    look(tape, false, false);
    tape.disk(BSC_EVENT_DISK_DEL, kHolder, kHolderBdev);
    tape.disk(BSC_EVENT_DISK_GONE, kHolder, kHolderBdev);
  }
  {
    Tape& tape = add("dm links a pair twice");
    open(tape, kSlave);
    link(tape);
    open(tape, kSlave, 2, 2);
    link(tape, kSlave, kHolder, 1);
    unlink(tape, kSlave, kHolder, 2);
    close(tape, kSlave, 4, 4);
    look(tape, true, true);
    unlink(tape);
    close(tape, kSlave);
  }
  {
    Tape& tape = add("a link fails and its claim is given back");
    open(tape, kSlave).link(kSlave, kHolder).linked(kSlave, kHolder, 0, -12);
    close(tape, kSlave);
    look(tape, false, false);
  }
  {
    Tape& tape = add("linked before the holder has its directories");
    open(tape, kSlave).link(kSlave, kHolder, {.flags = BSC_HOLDER_SLAVE_LIVE})
        .linked(kSlave, kHolder);
    look(tape, false, false).disk(BSC_EVENT_DISK_ADD, kHolder, kHolderBdev);
  }
  {
    Tape& tape = add("a disk is pulled out under its holder");
    open(tape, kSlave);
    link(tape);
    tape.disk(BSC_EVENT_DISK_DEL, kOther, kSlave).disk(BSC_EVENT_DISK_GONE, kOther, kSlave)
        .mark(BSC_MARK_SYSFS_HOLDERS, 1).mark(BSC_MARK_SLAVE_LINK, arg(kHolder, 0))
        .mark(BSC_MARK_SYSFS_HOLDERS, 0);
    unlink(tape);
    close(tape, kSlave);
  }
  add("a link to a dead slave fails").disk(BSC_EVENT_DISK_DEL, kOther, kSlave)
      .link(kSlave, kHolder, {.flags = BSC_HOLDER_DIR}).linked(kSlave, kHolder, 0, -19);
  {
    Tape& tape = add("sysfs changes while it is looked at");
    open(tape, kSlave).mark(BSC_MARK_SYSFS_HOLDERS, 1);
    link(tape).mark(BSC_MARK_SYSFS_HOLDERS, 0);
  }
  {
    Tape& tape = add("linked before arming");
    tape.link(kSlave, kHolder, {.refs = 1}).linked(kSlave, kHolder, 2);
    unlink(tape, kSlave, kHolder, 2);
    unlink(tape);
  }
  {
    Tape& tape = add("claimed before arming");
    tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave, {.holders = 2, .whole_holders = 2, .result = 0})
        .claim(BSC_EVENT_CLAIM_TRIED, kSlave, {.holders = 2, .whole_holders = 2, .result = -16});
    close(tape, kSlave);
    close(tape, kSlave, 0, 0);
  }
  {
    Tape& tape = add("a partition and its disk");
    open(tape, kSlave);
    close(tape, kSlave);
    open(tape, kPart, 0, 0, kSlave);
    open(tape, kPart, 1, 1, kSlave);
    tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave, {.holders = 2, .whole_holders = 2})
        .claim(BSC_EVENT_CLAIM_TRIED, kSlave, {.holders = 2, .whole_holders = 2, .result = -16});
    close(tape, kPart, 2, 2, kSlave);
    close(tape, kPart, 1, 1, kSlave);
  }
  add("claimed for a while and aborted, with an open inside").claim(BSC_EVENT_CLAIM_BEGIN, kSlave)
      .claim(BSC_EVENT_CLAIM_TRIED, kSlave).claim(BSC_EVENT_CLAIM_ABORTED, kSlave)
      .claim(BSC_EVENT_CLAIM_BEGIN, kSlave).claim(BSC_EVENT_CLAIM_TRIED, kSlave)
      .claim(BSC_EVENT_CLAIM_ABORTED, kSlave);
  {
    Tape& tape = add("opened by path, seen twice and seen once");
    open(tape, kSlave).by_path(kSlave);
    close(tape, kSlave);
    tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave).claim(BSC_EVENT_CLAIM_TRIED, kSlave).by_path(kSlave);
    close(tape, kSlave);
  }
  {
    Tape& tape = add("opened by path for writing, and read-only");
    tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave).claim(BSC_EVENT_CLAIM_TRIED, kSlave);
    close(tape, kSlave);
    open(tape, kSlave);
    close(tape, kSlave);
  }
  {
    // A value is read before its record has a place: other tasks' records may stand in between.
    Tape& tape = add("two tasks at once");
    open(tape.tid(1), kSlave);
    tape.tid(2).mark(BSC_MARK_STEP);
    close(tape.tid(1), kSlave);
    tape.tid(2).claim(BSC_EVENT_CLAIM_BEGIN, kSlave,
                      {.holders = 2, .whole_holders = 2, .claiming = 0xc1})
        .claim(BSC_EVENT_CLAIM_TRIED, kSlave).claim(BSC_EVENT_CLAIM_OPENED, kSlave)
        .link(kSlave, kHolder).tid(1).claim(BSC_EVENT_CLAIM_BEGIN, kSlave)
        .claim(BSC_EVENT_CLAIM_TRIED, kSlave).claim(BSC_EVENT_CLAIM_OPENED, kSlave)
        .link(kPart, kHolder).tid(2).linked(kSlave, kHolder, 0).tid(1).linked(kPart, kHolder, 3);
    tape.tid(2).unlink(kSlave, kHolder).tid(1).unlink(kPart, kHolder).unlinked(kPart, kHolder, 1)
        .tid(2).unlinked(kSlave, kHolder, 1);
    close(tape.tid(1), kSlave, 4, 4);
    close(tape.tid(2), kSlave, 2, 2);
  }
  {
    Tape& tape = add("another device at a partition's address");
    open(tape, kPart, 0, 0, kSlave);
    close(tape, kPart, 1, 1, kSlave);
    open(tape, kPart, 0, 0, kOther);
    close(tape, kPart, 1, 1, kOther);
  }
  return tapes;
}

TEST(HolderOracles, EveryCleanTapePassesEveryOracle) {
  for (const CleanTape& clean : clean_tapes())
    for (const auto name : kAll) {
      SCOPED_TRACE(std::string(clean.name) + ": " + std::string(name));
      const Judged said = judge(name, clean.tape);
      EXPECT_THAT(said.kinds, IsEmpty());
      EXPECT_EQ(said.undecided, "");
    }
}

TEST(HolderBalance, AnUnlinkTooMany) {
  Tape tape;
  unlink(link(tape));
  const auto order = tape.last_order() + 1;
  unlink(tape, kSlave, kHolder, 0);
  const Judged said = judge("holder_balance", tape);
  EXPECT_EQ(said.kinds.front(), "unlinked_too_often");
  EXPECT_EQ(said.orders.front(), order);
}

TEST(HolderBalance, TheKernelForgotTheSecondLink) {
  Tape tape;
  link(tape).link(kSlave, kHolder, {.refs = 1}).linked(kSlave, kHolder, 1);
  const Judged said = judge("holder_balance", tape);
  EXPECT_THAT(said.kinds, ElementsAre("miscounted"));
  EXPECT_THAT(said.orders, ElementsAre(tape.last_order()));
}

TEST(HolderBalance, AnUnlinkThatWasForgotten) {
  Tape tape;
  link(tape).disk(BSC_EVENT_DISK_DEL, kHolder, kHolderBdev);
  EXPECT_THAT(judge("holder_balance", tape).kinds, ElementsAre("left_at_removal"));
}

TEST(HolderWithinClaim, NobodyClaimedTheSlave) {
  Tape tape;
  tape.link(kSlave, kHolder, {.claimer = 0});
  EXPECT_THAT(judge("holder_within_claim", tape).kinds, ElementsAre("linked_unclaimed"));
}

TEST(HolderWithinClaim, APartitionOfTheSlaveAloneIsClaimed) {
  Tape tape;
  close(open(tape, kSlave), kSlave);
  open(tape, kPart, 0, 0, kSlave).link(kSlave, kHolder);
  EXPECT_THAT(judge("holder_within_claim", tape).kinds, ElementsAre("linked_unclaimed"));
}

TEST(HolderWithinClaim, TheClaimEndsBeforeTheLink) {
  Tape tape;
  link(open(tape, kSlave)).claim(BSC_EVENT_CLAIM_DROP, kSlave, {.holders = 2, .whole_holders = 2});
  const auto order = tape.last_order();
  unlink(tape.claim(BSC_EVENT_CLAIM_DROPPED, kSlave));
  const Judged said = judge("holder_within_claim", tape);
  EXPECT_THAT(said.kinds, ElementsAre("unclaimed_while_linked"));
  EXPECT_THAT(said.orders, ElementsAre(order));
}

TEST(SlaveAliveWhenLinked, TellsADyingSlaveFromADeadOne) {
  Tape tape;
  tape.disk(BSC_EVENT_DISK_DEL, kOther, kSlave).link(kSlave, kHolder, {.flags = BSC_HOLDER_DIR})
      .linked(kSlave, kHolder).disk(BSC_EVENT_DISK_GONE, kOther, kSlave)
      .link(kSlave, kHolder, {.refs = 1, .flags = BSC_HOLDER_DIR}).linked(kSlave, kHolder, 2);
  EXPECT_THAT(judge("slave_alive_when_linked", tape).kinds,
              ElementsAre("linked_during_removal", "linked_after_removal"));
}

TEST(SysfsShowsHolders, ALinkIsMissingInEitherDirectory) {
  for (const bool in_slaves : {false, true}) {
    Tape tape;
    look(link(tape), in_slaves, !in_slaves);
    EXPECT_THAT(judge("sysfs_shows_holders", tape).kinds, ElementsAre("link_missing"));
  }
}

TEST(SysfsShowsHolders, ALinkIsLeftBehindInEitherDirectory) {
  for (const bool in_slaves : {false, true}) {
    Tape tape;
    look(unlink(link(tape)), in_slaves, !in_slaves);
    EXPECT_THAT(judge("sysfs_shows_holders", tape).kinds, ElementsAre("link_left_behind"));
  }
}

TEST(SysfsShowsHolders, ADanglingLinkOutlivesItsPair) {
  Tape tape;
  link(tape).disk(BSC_EVENT_DISK_DEL, kOther, kSlave).disk(BSC_EVENT_DISK_GONE, kOther, kSlave);
  unlink(tape).mark(BSC_MARK_SYSFS_HOLDERS, 1).mark(BSC_MARK_SLAVE_LINK, arg(kHolder, 0))
      .mark(BSC_MARK_SYSFS_HOLDERS, 0);
  EXPECT_THAT(judge("sysfs_shows_holders", tape).kinds, ElementsAre("link_left_behind"));
}

TEST(SysfsShowsHolders, AHolderThatIsGoneHasLeftNoLink) {
  const auto orphan = [](Tape& tape) -> Tape& {
    return tape.mark(BSC_MARK_SYSFS_HOLDERS, 1).mark(BSC_MARK_HOLDER_LINK, arg(kSlave, 0))
        .mark(BSC_MARK_SYSFS_HOLDERS, 0);
  };
  Tape gone;
  unlink(link(gone)).disk(BSC_EVENT_DISK_DEL, kHolder, kOther);
  EXPECT_THAT(judge("sysfs_shows_holders", orphan(gone)).kinds, ElementsAre("link_left_behind"));
  Tape still_linked;  // it takes its link back when it likes
  link(still_linked).disk(BSC_EVENT_DISK_DEL, kHolder, kOther);
  EXPECT_THAT(judge("sysfs_shows_holders", orphan(still_linked)).kinds, IsEmpty());
}

TEST(HolderCallsReturn, ACallThatWaitsForEver) {
  Tape tape;
  tape.link(kSlave, kHolder).tid(7).unlink(kPart, kHolder);
  EXPECT_THAT(judge("holder_calls_return", tape).kinds,
              ElementsAre("link_never_returned", "unlink_never_returned"));
}

TEST(HolderCallsReturn, ACallThatHasJustBegunIsUndecided) {
  Tape tape;
  tape.link(kSlave, kHolder);
  const Judged said = judge("holder_calls_return", tape, 1'000'500'000);
  EXPECT_THAT(said.kinds, IsEmpty());
  EXPECT_NE(said.undecided, "");
}

TEST(FailedLinkStaysUnlinked, IsUnlinkedAllTheSame) {
  Tape tape;
  tape.link(kSlave, kHolder).linked(kSlave, kHolder, 0, -12).unlink(kSlave, kHolder, 0);
  EXPECT_THAT(judge("failed_link_stays_unlinked", tape).kinds,
              ElementsAre("unlinked_after_failure"));
  EXPECT_THAT(judge("holder_balance", tape).kinds, ElementsAre("unlinked_too_often"));
}

TEST(FailedLinkStaysUnlinked, AFailureThatWasMadeGoodIsForgotten) {
  Tape tape;
  tape.link(kSlave, kHolder).linked(kSlave, kHolder, 0, -12);
  unlink(link(tape));
  EXPECT_THAT(judge("failed_link_stays_unlinked", tape).kinds, IsEmpty());
}

TEST(ClaimsAddUp, AClaimThatTheDiskDoesNotCount) {
  Tape tape;
  open(tape, kSlave);
  close(tape, kSlave);
  open(tape, kPart, 0, 0, kSlave)
      .claim(BSC_EVENT_CLAIM_BEGIN, kPart, {.holders = 1, .whole_holders = 0, .whole = kSlave});
  const Judged said = judge("claims_add_up", tape);
  EXPECT_EQ(said.kinds.front(), "miscounted");
  EXPECT_EQ(said.orders.front(), tape.last_order());
}

TEST(ClaimsAddUp, AnAbortThatLeavesTheDiskClaiming) {
  Tape tape;
  tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave).claim(BSC_EVENT_CLAIM_TRIED, kSlave)
      .claim(BSC_EVENT_CLAIM_ABORTED, kSlave)
      .claim(BSC_EVENT_CLAIM_BEGIN, kSlave, {.claiming = 0xc1});
  EXPECT_EQ(judge("claims_add_up", tape).kinds.front(), "left_claiming");
}

TEST(ClaimsAddUp, WhatWasReadBeforeAnotherTasksClaimSaysNothingAfterIt) {
  Tape tape;
  open(tape.tid(1), kSlave);
  open(tape.tid(2), kSlave, 2, 2);
  // Read while task 2 was claiming, written when it had: the stack beside it is no sign of life.
  tape.tid(1).stack();
  close(tape, kSlave);
  EXPECT_THAT(judge("claims_add_up", tape).kinds, IsEmpty());
  Tape without;
  open(without.tid(1), kSlave);
  open(without.tid(2), kSlave, 2, 2);
  without.tid(1).claim(BSC_EVENT_CLAIM_ABORTED, kSlave);
  close(without, kSlave);
  EXPECT_THAT(judge("claims_add_up", without).kinds, ElementsAre("miscounted"))
      << "a record of its own after that claim is";
}

TEST(ClaimsAddUp, AClaimThatIsNeverDecided) {
  Tape tape;
  tape.claim(BSC_EVENT_CLAIM_BEGIN, kSlave);
  EXPECT_THAT(judge("claims_add_up", tape).kinds, ElementsAre("claim_never_decided"));
  EXPECT_NE(judge("claims_add_up", tape, 1'000'500'000).undecided, "");
}

TEST(SysfsShowsHolders, ItsFindingIsCutWithTheLookAtWhoseEndItWasMade) {
  Tape tape;
  look(link(tape), true, true);
  link(tape, kPart, kOther);
  look(unlink(tape), true, false);
  std::vector<const bsc_record*> all;
  for (const Tape::Bytes& bytes : tape.records()) all.push_back(&Tape::record(bytes));
  const OracleInfo& info = *find_oracle("sysfs_shows_holders");
  const auto findings = replay(info, all);
  const auto kept = cut(all, findings.at(0));
  std::vector<std::uint64_t> orders;
  for (const bsc_record* record : kept) orders.push_back(record->order);
  EXPECT_THAT(orders, ElementsAre(1, 2, 9, 10, 11, 12, 13));
  EXPECT_NE(find(replay(info, kept), "link_left_behind", kSlave, tape.last_order()), nullptr);
}

TEST(HolderWitnesses, SeeWhatTheyAreFor) {
  Tape twice;
  link(link(twice), kSlave, kHolder, 1);
  EXPECT_EQ(count("linked_twice", twice), 1u);
  EXPECT_EQ(count("linked_again", twice), 0u);
  Tape again;
  link(unlink(link(again)));
  EXPECT_EQ(count("linked_again", again), 1u);
  EXPECT_EQ(count("linked_twice", again), 0u);
  Tape failed;
  failed.link(kSlave, kHolder).linked(kSlave, kHolder, 0, -12);
  EXPECT_EQ(count("link_failed", failed), 1u);
  EXPECT_EQ(count("link_failed", again), 0u);
  Tape shared;
  link(link(shared), kSlave, kOther);
  EXPECT_EQ(count("slave_shared", shared), 1u);
  EXPECT_EQ(count("slave_shared", twice), 0u);
  Tape refused;
  refused.claim(BSC_EVENT_CLAIM_BEGIN, kSlave)
      .claim(BSC_EVENT_CLAIM_TRIED, kSlave, {.result = -16});
  EXPECT_EQ(count("claim_refused", refused), 1u);
  Tape part;
  open(part, kPart, 0, 0, kSlave);
  EXPECT_EQ(count("partition_claimed", part), 1u);
  open(part, kSlave);
  EXPECT_EQ(count("partition_claimed", part), 1u);
  EXPECT_EQ(count("claim_refused", part), 0u);
  Tape pulled;
  link(pulled).disk(BSC_EVENT_DISK_DEL, kOther, kSlave);
  EXPECT_EQ(count("slave_pulled_out", pulled), 1u);
  Tape shown;
  look(link(shown), true, true);
  EXPECT_EQ(count("holders_shown", shown), 1u);
  EXPECT_EQ(count("slave_pulled_out", shown), 0u);
  look(shown, true, false);
  EXPECT_EQ(count("holders_shown", shown), 1u);
}

}  // namespace
}  // namespace bioscope::oracle
