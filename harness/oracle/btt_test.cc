// SPDX-License-Identifier: GPL-2.0-only
// Proofs 1 and 2 of the oracles of translation tables and of libnvdimm's devices, as oracle_test.cc
// has them for bios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

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

constexpr std::uint64_t kDisk = 0xffff888000003000, kBdev = 0xffff888000004000, kSeed = 0xdb80,
                        kRegion = 0xd0, kPage = 0xea00, kBio = 0xb100,
                        kMapped = 0xffffc90000400000;
constexpr std::array<std::string_view, 11> kAll{
    "block_has_one_place",    "block_not_written_while_read", "btt_io_within_life",
    "btt_written_in_order",   "cleared_block_is_free",        "lane_held_alone",
    "map_changed_alone",      "namespace_claims_match",       "nd_registrations_end",
    "rw_page_ends_once",      "step_durable_before_next"};

// One finding, at the tape's record `back` before its last.
void expect(std::string_view name, std::string_view kind, const Tape& tape, unsigned back = 0) {
  const Judged said = judge(name, tape);
  EXPECT_THAT(said.kinds, ElementsAre(kind));
  EXPECT_THAT(said.orders, ElementsAre(tape.last_order() - back));
}

std::uint64_t data_of(std::uint32_t block) { return Tape::kData + block * 4160ULL; }
std::uint64_t meta_of(std::uint32_t block) { return data_of(block) + 4096; }
std::uint64_t entry_of(std::uint32_t lba) { return Tape::kMap + lba * 4ULL; }

Tape& take(Tape& tape, std::uint32_t lane) { return tape.lane(BSC_EVENT_LANE_TAKEN, lane); }
Tape& release(Tape& tape, std::uint32_t lane) { return tape.lane(BSC_EVENT_LANE_RELEASED, lane); }

Tape& put(Tape& tape, std::uint64_t offset, std::uint32_t size, std::uint64_t word = 0) {
  return tape.bytes(BSC_EVENT_NSIO_WRITE, offset, size, word)
      .past_cache(kMapped + offset, size).nvdimm_flush(kRegion).nvdimm_flushed(kRegion)
      .bytes(BSC_EVENT_NSIO_WROTE, offset, size, word);
}
Tape& get(Tape& tape, std::uint64_t offset, std::uint32_t size, std::uint64_t word = 0) {
  return tape.bytes(BSC_EVENT_NSIO_READ, offset, size).bytes(BSC_EVENT_NSIO_GOT, offset, size, word);
}
Tape& put_data(Tape& tape, std::uint32_t block) { return put(tape, data_of(block), 4096); }
Tape& put_meta(Tape& tape, std::uint32_t block) { return put(tape, meta_of(block), 64); }
Tape& get_entry(Tape& tape, std::uint32_t lba, std::uint32_t block) {
  return get(tape, entry_of(lba), 4, 0xc0000000U | block);
}
Tape& put_entry(Tape& tape, std::uint32_t lba, std::uint32_t block) {
  return put(tape, entry_of(lba), 4, 0xc0000000U | block);
}
Tape& put_half(Tape& tape, std::uint32_t lane, std::uint32_t slot, unsigned half) {
  return put(tape, Tape::kLog + lane * 64ULL + slot * 16ULL + half * 8ULL, 8);
}
Tape& put_log(Tape& tape, const Tape::Log& log) {
  tape.log(log);
  put_half(tape, log.lane, log.slot, 0);
  return put_half(tape, log.lane, log.slot, 1);
}

// A whole write, as a clean kernel does it.
Tape& write(Tape& tape, const Tape::Log& log) {
  take(tape, log.lane);
  put_data(tape, log.new_block);
  put_meta(tape, log.new_block);
  get_entry(tape, log.lba, log.old_block);
  put_log(tape, log);
  put_entry(tape, log.lba, log.new_block);
  return release(tape, log.lane);
}

// Up to the point where the block is announced and read.
Tape& begin_read(Tape& tape, std::uint32_t lane, std::uint32_t lba, std::uint32_t block) {
  take(tape, lane);
  get_entry(tape, lba, block);
  get_entry(tape, lba, block);
  return tape.bytes(BSC_EVENT_NSIO_READ, data_of(block), 4096);
}
Tape& end_read(Tape& tape, std::uint32_t lane, std::uint32_t block) {
  tape.bytes(BSC_EVENT_NSIO_GOT, data_of(block), 4096);
  get(tape, meta_of(block), 64);
  return release(tape, lane);
}

constexpr Tape::Log kFirst{.lane = 1, .slot = 1, .lba = 3, .old_block = 3, .new_block = 13};
constexpr Tape::Log kSecond{.lane = 1, .slot = 0, .lba = 5, .old_block = 5, .new_block = 3,
                            .sequence = 3};
constexpr Tape::Log kThird{.lane = 1, .slot = 1, .lba = 3, .old_block = 13, .new_block = 5,
                           .sequence = 1};
constexpr Tape::Log kElsewhere{.lane = 2, .slot = 1, .lba = 7, .old_block = 7, .new_block = 14};

struct CleanTape {
  const char* name;
  Tape tape;
};

std::vector<CleanTape> clean_tapes() {
  std::vector<CleanTape> tapes;
  const auto add = [&](const char* name) -> Tape& { return tapes.emplace_back(name).tape; };
  {
    Tape& tape = add("three writes of one lane");
    write(write(write(tape.arena(), kFirst), kSecond), kThird);
  }
  {
    Tape& tape = add("a reader keeps a block that loses its LBA");
    tape.arena();
    begin_read(tape.tid(1), 0, 3, 3);
    write(tape.tid(2), kFirst);
    end_read(tape.tid(1), 0, 3);
    write(tape.tid(2), kSecond);
  }
  {
    Tape& tape = add("two lanes at once, under two locks of the map");
    tape.arena();
    take(tape.tid(1), 1);
    put_data(tape, 13);
    get_entry(tape, 3, 3);
    take(tape.tid(2), 2);
    put_data(tape, 14);
    release(put_entry(put_log(tape.tid(1), kFirst), 3, 13), 1);
    get_entry(tape.tid(2), 7, 7);
    release(put_entry(put_log(tape, kElsewhere), 7, 14), 2);
  }
  {
    Tape& tape = add("an error is kept, refused, and cleared by the writer");
    tape.arena();
    take(tape, 0);
    get(tape, entry_of(3), 4, 3);
    tape.bytes(BSC_EVENT_NSIO_READ, data_of(3), 4096)
        .bytes(BSC_EVENT_NSIO_GOT, data_of(3), 4096, 0, -5);
    put(tape, entry_of(3), 4, 0x40000003);
    release(tape, 0);
    take(tape, 0);
    get(tape, entry_of(3), 4, 0x40000003);
    release(tape, 0);
    write(tape, kFirst).clear(1, 3);
    put_data(tape, 3).cleared(1);
    write(tape, kSecond);
  }
  {
    Tape& tape = add("a step that fails ends the write");
    take(tape.arena(), 1);
    put_data(tape, 13);
    get_entry(tape, 3, 3).log(kFirst);
    tape.bytes(BSC_EVENT_NSIO_WRITE, Tape::kLog + 64 + 16, 8)
        .bytes(BSC_EVENT_NSIO_WROTE, Tape::kLog + 64 + 16, 8, 0, -5);
    release(tape, 1);
  }
  {
    Tape& tape = add("a lane that was held before arming, and bytes of no table");
    release(tape, 1);
    put(tape, 4096, 4096);
    put_data(tape, 3).log(kFirst);
  }
  {
    Tape& tape = add("a table is attached, takes a bio and goes; another gets its addresses");
    for (unsigned round = 0; round < 2; ++round) {
      tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle).arena()
          .table_bio(BSC_EVENT_BTT_SUBMIT, kBio, kDisk).table_bio(BSC_EVENT_BTT_SUBMITTED, kBio, 0)
          .disk(BSC_EVENT_DISK_ADD, kDisk, kBdev).table(BSC_EVENT_BTT_ATTACHED, kDisk);
      write(tape, kFirst).table(BSC_EVENT_BTT_DETACH, kDisk).disk(BSC_EVENT_DISK_DEL, kDisk, kBdev)
          .disk(BSC_EVENT_DISK_GONE, kDisk, kBdev).table(BSC_EVENT_BTT_ARENAS_FREED, kDisk)
          .nd_claim(BSC_EVENT_ND_UNCLAIM, Tape::kHandle, Tape::kHandle)
          .nd_end(BSC_EVENT_ND_BTT_GONE, Tape::kHandle);
    }
  }
  add("a table that is not found has no disk").table(BSC_EVENT_BTT_ARENAS_FREED, 0);
  add("a namespace is refused").nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_CLAIM, kSeed, Tape::kHandle, 0)
      .nd_claim(BSC_EVENT_ND_UNCLAIM, Tape::kHandle, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_CLAIM, kSeed, kSeed);
  add("a handle is added later, and waited for").nd(BSC_EVENT_ND_REGISTER, kSeed)
      .nd(BSC_EVENT_ND_UNBIND, kRegion, 0xd1).tid(2).nd_end(BSC_EVENT_ND_SYNCHRONIZE).tid(3)
      .nd(BSC_EVENT_ND_REGISTER, Tape::kHandle).nd(BSC_EVENT_ND_ADDING, kSeed)
      .nd_end(BSC_EVENT_ND_ADDED, kSeed).tid(2).nd_end(BSC_EVENT_ND_SYNCHRONIZED).tid(3)
      .nd(BSC_EVENT_ND_ADDING, Tape::kHandle).nd_end(BSC_EVENT_ND_ADDED, Tape::kHandle)
      .nd(BSC_EVENT_ND_REGISTER, kSeed).nd(BSC_EVENT_ND_BOUND, kRegion, 0xd1)
      .nd(BSC_EVENT_ND_ADDING, kSeed).nd_end(BSC_EVENT_ND_ADDED, kSeed);
  add("added at once").nd(BSC_EVENT_ND_ADDING, kSeed).nd_end(BSC_EVENT_ND_ADDED, kSeed);
  add("pages").page(BSC_EVENT_PAGE_ENDED, kPage).page(BSC_EVENT_RW_PAGE, kPage)
      .page(BSC_EVENT_PAGE_ENDED, kPage).page(BSC_EVENT_RW_PAGE_DONE, kPage)
      .page(BSC_EVENT_PAGE_ENDED, kPage).page(BSC_EVENT_RW_PAGE, kPage)
      .page(BSC_EVENT_RW_PAGE_DONE, kPage, -5);
  return tapes;
}

TEST(BttOracles, EveryCleanTapePassesEveryOracle) {
  for (const CleanTape& clean : clean_tapes())
    for (const auto name : kAll) {
      SCOPED_TRACE(std::string(clean.name) + ": " + std::string(name));
      EXPECT_THAT(judge(name, clean.tape).kinds, IsEmpty());
    }
}

TEST(LaneHeldAlone, TwoTasksInOneLane) {
  Tape tape;
  take(tape.tid(1), 1);
  expect("lane_held_alone", "taken_twice", take(tape.tid(2), 1));
}

TEST(LaneHeldAlone, TheSameLaneOfAnotherRegionIsAnother) {
  Tape tape;
  take(tape.tid(1), 1).tid(2).lane(BSC_EVENT_LANE_TAKEN, 1, 0xd4);
  EXPECT_THAT(judge("lane_held_alone", tape).kinds, IsEmpty());
}

TEST(LaneHeldAlone, ReleasedByAnother) {
  Tape tape;
  take(tape.tid(1), 1);
  expect("lane_held_alone", "released_by_another", release(tape.tid(2), 1));
}

TEST(LaneHeldAlone, TheLogOfAnotherLane) {
  Tape tape;
  put_data(take(tape.arena(), 2), 13);
  expect("lane_held_alone", "log_of_another_lane", tape.log(kFirst));
}

TEST(LaneHeldAlone, WrittenWithoutALane) {
  Tape tape;
  tape.arena().bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096);
  expect("lane_held_alone", "written_without_lane", tape);
}

TEST(BlockHasOnePlace, ABlockThatIsMappedIsGivenAway) {
  Tape tape;
  write(tape.arena(), kFirst);
  take(tape, 2);
  expect("block_has_one_place", "taken_block_not_free",
         tape.log({.lane = 2, .lba = 7, .old_block = 7, .new_block = 13}));
}

TEST(BlockHasOnePlace, ABlockThatIsFreeIsFreedAgain) {
  Tape tape;
  write(tape.arena(), kFirst);
  take(tape, 2);
  expect("block_has_one_place", "freed_block_not_there",
         tape.log({.lane = 2, .lba = 3, .old_block = 3, .new_block = 14}));
}

TEST(BlockHasOnePlace, ABlockOfAnotherIsWritten) {
  Tape tape;
  write(tape.arena(), kFirst);
  take(tape, 2).bytes(BSC_EVENT_NSIO_WRITE, data_of(3), 4096);
  expect("block_has_one_place", "written_block_not_free", tape);
}

TEST(BlockHasOnePlace, ABlockBeyondTheLast) {
  Tape tape;
  take(tape.arena(), 1);
  expect("block_has_one_place", "no_such_block",
         tape.log({.lane = 1, .lba = 3, .old_block = 3, .new_block = 16}));
}

TEST(WrittenInOrder, LogBeforeData) {
  Tape tape;
  get_entry(take(tape.arena(), 1), 3, 3);
  expect("btt_written_in_order", "logged_before_data", tape.log(kFirst));
}

TEST(WrittenInOrder, MetaAfterTheLog) {
  Tape tape;
  put_log(put_data(take(tape.arena(), 1), 13), kFirst)
      .bytes(BSC_EVENT_NSIO_WRITE, meta_of(13), 64);
  expect("btt_written_in_order", "meta_after_log", tape);
}

TEST(WrittenInOrder, MapBeforeTheSecondHalf) {
  Tape tape;
  put_data(take(tape.arena(), 1), 13).log(kFirst);
  put_half(tape, 1, 1, 0).bytes(BSC_EVENT_NSIO_WRITE, entry_of(3), 4, 0xc000000d);
  expect("btt_written_in_order", "mapped_before_log", tape);
}

TEST(WrittenInOrder, MapWithoutALog) {
  Tape tape;
  put_data(take(tape.arena(), 1), 13)
      .bytes(BSC_EVENT_NSIO_WRITE, entry_of(3), 4, 0xc000000d);
  expect("btt_written_in_order", "mapped_before_log", tape);
}

TEST(WrittenInOrder, MapOfAnotherBlock) {
  Tape tape;
  put_log(put_data(take(tape.arena(), 1), 13), kFirst)
      .bytes(BSC_EVENT_NSIO_WRITE, entry_of(3), 4, 0xc0000003);
  expect("btt_written_in_order", "mapped_otherwise", tape);
}

TEST(WrittenInOrder, SecondHalfFirst) {
  Tape tape;
  put_data(take(tape.arena(), 1), 13).log(kFirst)
      .bytes(BSC_EVENT_NSIO_WRITE, Tape::kLog + 64 + 16 + 8, 8);
  expect("btt_written_in_order", "log_halves_out_of_order", tape);
}

TEST(WrittenInOrder, HalvesInTheWrongSlot) {
  Tape tape;
  put_data(take(tape.arena(), 1), 13).log(kFirst).bytes(BSC_EVENT_NSIO_WRITE, Tape::kLog + 64, 8);
  expect("btt_written_in_order", "log_halves_out_of_order", tape);
}

TEST(WrittenInOrder, LogAndNoMap) {
  Tape tape;
  put_log(put_data(take(tape.arena(), 1), 13), kFirst);
  expect("btt_written_in_order", "log_without_map", release(tape, 1));
}

TEST(WrittenInOrder, TheSameSlotAgain) {
  Tape tape;
  write(tape.arena(), kFirst);
  put_data(take(tape, 1), 3);
  Tape::Log log = kSecond;
  log.slot = kFirst.slot;
  expect("btt_written_in_order", "log_out_of_sequence", tape.log(log));
}

TEST(WrittenInOrder, ASequenceThatSkips) {
  Tape tape;
  write(tape.arena(), kFirst);
  put_data(take(tape, 1), 3);
  Tape::Log log = kSecond;
  log.sequence = 1;
  expect("btt_written_in_order", "log_out_of_sequence", tape.log(log));
}

TEST(StepDurableBeforeNext, TheLogWithoutAFlushOfTheData) {
  Tape tape;
  take(tape.arena(), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096)
      .past_cache(kMapped + data_of(13), 4096)
      .bytes(BSC_EVENT_NSIO_WROTE, data_of(13), 4096).log(kFirst);
  EXPECT_THAT(judge("step_durable_before_next", tape).kinds, IsEmpty());
  tape.bytes(BSC_EVENT_NSIO_WRITE, Tape::kLog + 64 + 16, 8);
  expect("step_durable_before_next", "not_flushed", tape);
}

TEST(StepDurableBeforeNext, AMapEntryThatStaysInTheCache) {
  Tape tape;
  put_log(put_data(take(tape.arena(), 1), 13), kFirst)
      .bytes(BSC_EVENT_NSIO_WRITE, entry_of(3), 4, 0xc000000d)
      .nvdimm_flush(kRegion).nvdimm_flushed(kRegion)
      .bytes(BSC_EVENT_NSIO_WROTE, entry_of(3), 4, 0xc000000d);
  expect("step_durable_before_next", "left_in_cache", release(tape, 1));
}

TEST(StepDurableBeforeNext, AFlushThatBeganTooEarlyOrFailed) {
  Tape early;
  take(early.arena(), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096).nvdimm_flush(kRegion)
      .past_cache(kMapped + data_of(13), 4096).nvdimm_flushed(kRegion)
      .bytes(BSC_EVENT_NSIO_WROTE, data_of(13), 4096);
  expect("step_durable_before_next", "not_flushed", release(early, 1));
  Tape failed;
  take(failed.arena(), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096)
      .past_cache(kMapped + data_of(13), 4096).nvdimm_flush(kRegion).nvdimm_flushed(kRegion, -5)
      .bytes(BSC_EVENT_NSIO_WROTE, data_of(13), 4096);
  expect("step_durable_before_next", "not_flushed", release(failed, 1));
}

TEST(StepDurableBeforeNext, AFlushOfAnotherTaskIsNotThisOnes) {
  Tape tape;
  take(tape.arena().tid(1), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096)
      .past_cache(kMapped + data_of(13), 4096);
  tape.tid(2).nvdimm_flush(kRegion).nvdimm_flushed(kRegion);
  tape.tid(1).bytes(BSC_EVENT_NSIO_WROTE, data_of(13), 4096);
  expect("step_durable_before_next", "not_flushed", release(tape, 1));
}

TEST(StepDurableBeforeNext, AWriteThatFailedIsNoPromise) {
  Tape tape;
  take(tape.arena(), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096)
      .bytes(BSC_EVENT_NSIO_WROTE, data_of(13), 4096, 0, -5);
  EXPECT_THAT(judge("step_durable_before_next", release(tape, 1)).kinds, IsEmpty());
}

TEST(BlockNotWrittenWhileRead, WriterComesSecond) {
  Tape tape;
  begin_read(tape.arena().tid(1), 0, 3, 3);
  write(tape.tid(2), kFirst);
  take(tape, 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(3), 4096);
  expect("block_not_written_while_read", "written_while_read", tape);
}

TEST(BlockNotWrittenWhileRead, ReaderComesSecond) {
  Tape tape;
  take(tape.arena().tid(2), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(3), 4096);
  expect("block_not_written_while_read", "read_while_written", begin_read(tape.tid(1), 0, 3, 3));
}

TEST(BlockNotWrittenWhileRead, BetweenDataAndWhatIsKeptBeside) {
  Tape tape;
  begin_read(tape.arena().tid(1), 0, 3, 3).bytes(BSC_EVENT_NSIO_GOT, data_of(3), 4096);
  put_data(take(tape.tid(2), 1), 3);
  tape.tid(1).bytes(BSC_EVENT_NSIO_READ, meta_of(3), 64);
  expect("block_not_written_while_read", "written_between_reads", tape);
}

TEST(BlockNotWrittenWhileRead, AReaderThatStaysAnnounced) {
  Tape tape;
  get_entry(put_data(take(tape.arena(), 1), 13), 3, 3);
  Tape::Log log = kFirst;
  log.flags |= BSC_BTT_READING;
  expect("block_not_written_while_read", "still_announced", tape.log(log));
}

TEST(MapChangedAlone, WhoCannotReadTheEntryHasGivenUp) {
  Tape tape;
  tape.arena();
  put_data(take(tape.tid(1), 1), 13).bytes(BSC_EVENT_NSIO_READ, entry_of(3), 4)
      .bytes(BSC_EVENT_NSIO_GOT, entry_of(3), 4, 0, -5);
  put_data(take(tape.tid(2), 2), 14).bytes(BSC_EVENT_NSIO_READ, entry_of(3), 4);
  EXPECT_THAT(judge("map_changed_alone", tape).kinds, IsEmpty());
}

TEST(MapChangedAlone, TwoUnderOneLock) {
  Tape tape;
  tape.arena();
  get_entry(put_data(take(tape.tid(1), 1), 13), 3, 3);
  put_data(take(tape.tid(2), 2), 14).bytes(BSC_EVENT_NSIO_READ, entry_of(7), 4);
  expect("map_changed_alone", "changed_at_once", tape);
}

TEST(MapChangedAlone, NotLocked) {
  Tape tape;
  get_entry(put_data(take(tape.arena(), 1), 13), 3, 3);
  Tape::Log log = kFirst;
  log.flags = 0;
  expect("map_changed_alone", "map_not_locked", tape.log(log));
}

// Nobody is between its own two looks at the map and the error when another maps the sector anew.
TEST(MapChangedAlone, AnErrorOverANewerEntry) {
  constexpr std::uint64_t kError = 0x40000000U | 7;
  const auto bad = [&](bool newer) {
    Tape tape;
    tape.arena();
    begin_read(tape.tid(1), 1, 7, 7);
    if (newer) write(tape.tid(2), kElsewhere);
    tape.tid(1).bytes(BSC_EVENT_NSIO_GOT, data_of(7), 4096);
    if (!newer) release(put(tape, entry_of(7), 4, kError), 1);
    else tape.bytes(BSC_EVENT_NSIO_WRITE, entry_of(7), 4, kError);
    return tape;
  };
  expect("map_changed_alone", "error_over_newer_entry", bad(true));
  EXPECT_THAT(judge("map_changed_alone", bad(false)).kinds, IsEmpty());
}

TEST(ClearedBlockIsFree, ABlockThatIsMapped) {
  Tape tape;
  write(tape.arena(), kFirst).clear(1, 13).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096);
  expect("cleared_block_is_free", "mapped_block_cleared", tape);
}

TEST(ClearedBlockIsFree, ABlockThatIsTakenMeanwhile) {
  Tape tape;
  tape.arena().tid(1).clear(1, 13).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096);
  take(tape.tid(2), 1);
  expect("cleared_block_is_free", "mapped_while_cleared", tape.log(kFirst));
}

TEST(ClearedBlockIsFree, ABlockThatIsWrittenMeanwhile) {
  Tape tape;
  tape.arena().tid(1).clear(1, 13).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096);
  take(tape.tid(2), 1).bytes(BSC_EVENT_NSIO_WRITE, data_of(13), 4096);
  expect("cleared_block_is_free", "written_while_cleared", tape);
}

TEST(NamespaceClaimsMatch, ClaimedTwice) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_CLAIM, kSeed, kSeed);
  expect("namespace_claims_match", "claimed_twice", tape);
}

TEST(NamespaceClaimsMatch, ClaimedForAnother) {
  Tape tape;
  expect("namespace_claims_match", "claimed_for_another",
         tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, kSeed));
}

TEST(NamespaceClaimsMatch, GivenBackByAnother) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_UNCLAIM, kSeed, Tape::kHandle);
  expect("namespace_claims_match", "given_back_by_another", tape);
}

TEST(NamespaceClaimsMatch, GivenBackUnderItsTable) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .table(BSC_EVENT_BTT_ATTACHED, kDisk)
      .nd_claim(BSC_EVENT_ND_UNCLAIM, Tape::kHandle, Tape::kHandle);
  expect("namespace_claims_match", "given_back_while_attached", tape);
}

TEST(NamespaceClaimsMatch, AttachedWithoutAClaim) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_UNCLAIM, Tape::kHandle, Tape::kHandle)
      .table(BSC_EVENT_BTT_ATTACHED, kDisk, 0);
  expect("namespace_claims_match", "attached_unclaimed", tape);
}

TEST(NamespaceClaimsMatch, AttachedBeforeItsHandleIsAdded) {
  Tape tape;
  tape.nd(BSC_EVENT_ND_REGISTER, Tape::kHandle)
      .nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .table(BSC_EVENT_BTT_ATTACHED, kDisk);
  expect("namespace_claims_match", "attached_before_added", tape);
}

TEST(NamespaceClaimsMatch, GoneUnderItsTable) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle)
      .table(BSC_EVENT_BTT_ATTACHED, kDisk).nd_end(BSC_EVENT_ND_BTT_GONE, Tape::kHandle);
  expect("namespace_claims_match", "gone_while_attached", tape);
}

TEST(RegistrationsEnd, NeverAdded) {
  Tape tape;
  expect("nd_registrations_end", "never_added", tape.nd(BSC_EVENT_ND_REGISTER, kSeed));
  EXPECT_THAT(judge("nd_registrations_end", tape, 1'500'000'000).kinds, IsEmpty());
}

TEST(RegistrationsEnd, AddedTwice) {
  Tape tape;
  tape.nd(BSC_EVENT_ND_REGISTER, kSeed).nd(BSC_EVENT_ND_ADDING, kSeed)
      .nd(BSC_EVENT_ND_ADDING, kSeed).nd_end(BSC_EVENT_ND_ADDED, kSeed);
  expect("nd_registrations_end", "added_twice", tape, 1);
}

TEST(RegistrationsEnd, RegisteredTwice) {
  Tape tape;
  tape.nd(BSC_EVENT_ND_REGISTER, kSeed).nd(BSC_EVENT_ND_REGISTER, kSeed)
      .nd_end(BSC_EVENT_ND_ADDED, kSeed);
  expect("nd_registrations_end", "registered_twice", tape, 1);
}

TEST(RegistrationsEnd, WaitedForTooShort) {
  Tape tape;
  tape.tid(1).nd(BSC_EVENT_ND_REGISTER, kSeed).tid(2).nd_end(BSC_EVENT_ND_SYNCHRONIZE)
      .nd_end(BSC_EVENT_ND_SYNCHRONIZED).tid(1).nd_end(BSC_EVENT_ND_ADDED, kSeed);
  expect("nd_registrations_end", "synchronized_early", tape, 1);
}

TEST(RegistrationsEnd, LeftBehind) {
  Tape tape;
  tape.nd(BSC_EVENT_ND_REGISTER, kSeed).nd(BSC_EVENT_ND_UNBIND, kRegion, 0xd1)
      .nd(BSC_EVENT_ND_BOUND, kRegion, 0xd1).nd_end(BSC_EVENT_ND_ADDED, kSeed);
  expect("nd_registrations_end", "left_behind", tape, 1);
}

TEST(IoWithinLife, FreedUnderABio) {
  Tape tape;
  tape.tid(1).table_bio(BSC_EVENT_BTT_SUBMIT, kBio, kDisk).tid(2)
      .table(BSC_EVENT_BTT_ARENAS_FREED, kDisk);
  expect("btt_io_within_life", "freed_under_io", tape);
}

TEST(IoWithinLife, FreedBeforeItsDiskIsGone) {
  Tape tape;
  tape.disk(BSC_EVENT_DISK_ADD, kDisk, kBdev).table(BSC_EVENT_BTT_ARENAS_FREED, kDisk);
  expect("btt_io_within_life", "freed_before_disk_gone", tape);
}

TEST(IoWithinLife, ABioAfterwards) {
  Tape tape;
  tape.table(BSC_EVENT_BTT_ARENAS_FREED, kDisk).table_bio(BSC_EVENT_BTT_SUBMIT, kBio, kDisk);
  expect("btt_io_within_life", "io_after_free", tape);
}

TEST(PageEndsOnce, NotAtAll) {
  Tape tape;
  tape.page(BSC_EVENT_RW_PAGE, kPage).page(BSC_EVENT_RW_PAGE_DONE, kPage);
  expect("rw_page_ends_once", "not_ended", tape);
}

TEST(PageEndsOnce, Twice) {
  Tape tape;
  tape.page(BSC_EVENT_RW_PAGE, kPage).page(BSC_EVENT_PAGE_ENDED, kPage)
      .page(BSC_EVENT_PAGE_ENDED, kPage).page(BSC_EVENT_RW_PAGE_DONE, kPage);
  expect("rw_page_ends_once", "ended_twice", tape);
}

TEST(PageEndsOnce, ThoughItFailed) {
  Tape tape;
  tape.page(BSC_EVENT_RW_PAGE, kPage).page(BSC_EVENT_PAGE_ENDED, kPage, -5)
      .page(BSC_EVENT_RW_PAGE_DONE, kPage, -5);
  expect("rw_page_ends_once", "ended_though_failed", tape);
}

TEST(BttWitnesses, WaitingForALane) {
  Tape tape;
  take(tape.cpu(1).tid(1), 1).tid(2).lane_wanted();
  EXPECT_EQ(count("lane_waited", tape), 0u);
  take(release(tape.tid(1), 1).tid(2), 1);
  EXPECT_EQ(count("lane_waited", tape), 1u);
  Tape alone;
  release(take(alone.cpu(1).lane_wanted(), 1), 1);
  take(alone.tid(2).lane_wanted(), 1);
  EXPECT_EQ(count("lane_waited", alone), 0u);
}

TEST(BttWitnesses, WritersUnderTwoLanes) {
  Tape tape;
  take(put_data(take(tape.arena().tid(1), 1), 13).tid(2), 2);
  EXPECT_EQ(count("writers_overlap", tape), 0u);
  put_data(tape, 14);
  EXPECT_EQ(count("writers_overlap", tape), 1u);
}

TEST(BttWitnesses, AReaderKeepsItsBlock) {
  Tape tape;
  begin_read(tape.arena().tid(1), 0, 3, 3);
  write(tape.tid(2), kFirst);
  EXPECT_EQ(count("freed_under_reader", tape), 1u);
  take(tape, 1);
  end_read(tape.tid(1), 0, 3);
  EXPECT_EQ(count("waited_for_reader", tape), 0u);
  put_data(tape.tid(2), 3);
  EXPECT_EQ(count("waited_for_reader", tape), 1u);
  Tape other;
  take(begin_read(other.arena().tid(1), 0, 3, 3).tid(2), 1);
  put_data(end_read(other.tid(1), 0, 3).tid(2), 13);
  EXPECT_EQ(count("waited_for_reader", other), 0u) << "it wanted another block";
  EXPECT_EQ(count("freed_under_reader", other), 0u);
}

TEST(BttWitnesses, ErrorsAreRefusedAndCleared) {
  Tape tape;
  get(take(tape.arena(), 0), entry_of(3), 4, 0x40000003);
  release(tape, 0);
  EXPECT_EQ(count("error_entry_refused", tape), 1u);
  EXPECT_EQ(count("block_cleared", tape), 0u);
  put_data(tape.clear(1, 3), 3).cleared(1);
  EXPECT_EQ(count("block_cleared", tape), 1u);
  Tape clean;
  end_read(begin_read(clean.arena(), 0, 3, 3), 0, 3);
  EXPECT_EQ(count("error_entry_refused", clean), 0u);
}

TEST(BttWitnesses, AMapThatIsRepaired) {
  Tape tape;
  put_entry(tape, 3, 13);
  put(tape, 4096, 4096);
  EXPECT_EQ(count("map_repaired", tape), 0u);
  EXPECT_EQ(count("map_repaired", tape.arena()), 1u);
  Tape written;
  write(written, kFirst).arena();
  EXPECT_EQ(count("map_repaired", written), 0u);
}

TEST(BttWitnesses, TablesComeAndGo) {
  Tape tape;
  tape.table(BSC_EVENT_BTT_ATTACHED, kDisk).tid(1).table_bio(BSC_EVENT_BTT_SUBMIT, kBio, kDisk);
  EXPECT_EQ(count("table_attached_again", tape), 0u);
  tape.tid(2).table(BSC_EVENT_BTT_DETACH, kDisk).table(BSC_EVENT_BTT_ATTACHED, kDisk);
  EXPECT_EQ(count("table_attached_again", tape), 1u);
  EXPECT_EQ(count("detached_under_io", tape), 1u);
  Tape quiet;
  quiet.table_bio(BSC_EVENT_BTT_SUBMIT, kBio, kDisk).table_bio(BSC_EVENT_BTT_SUBMITTED, kBio, 0)
      .table(BSC_EVENT_BTT_DETACH, kDisk);
  EXPECT_EQ(count("detached_under_io", quiet), 0u);
}

TEST(BttWitnesses, HandlesAndNamespaces) {
  Tape tape;
  tape.nd_claim(BSC_EVENT_ND_CLAIM, Tape::kHandle, Tape::kHandle).nd(BSC_EVENT_ND_REGISTER, kSeed);
  EXPECT_EQ(count("namespace_refused", tape), 0u);
  EXPECT_EQ(count("removed_while_added", tape), 0u);
  tape.nd_claim(BSC_EVENT_ND_CLAIM, kSeed, Tape::kHandle, 0)
      .nd(BSC_EVENT_ND_UNBIND, Tape::kHandle).nd_end(BSC_EVENT_ND_ADDED, kSeed)
      .nd(BSC_EVENT_ND_UNBIND, Tape::kHandle);
  EXPECT_EQ(count("namespace_refused", tape), 1u);
  EXPECT_EQ(count("removed_while_added", tape), 1u);
}

TEST(BttWitnesses, PagesAndRegions) {
  Tape tape;
  tape.page(BSC_EVENT_RW_PAGE_DONE, kPage).page(BSC_EVENT_RW_PAGE_DONE, kPage, -5, false);
  EXPECT_EQ(count("pages_without_bios", tape), 0u) << "none was read to the end";
  EXPECT_EQ(count("pages_without_bios", tape.page(BSC_EVENT_RW_PAGE_DONE, kPage, 0, false)), 1u);
  take(tape.tid(1), 1);
  take(tape.tid(2), 2);
  EXPECT_EQ(count("regions_overlap", tape), 0u);
  EXPECT_EQ(count("regions_overlap", tape.tid(3).lane(BSC_EVENT_LANE_TAKEN, 1, 0xd4)), 1u);
}

}  // namespace
}  // namespace bioscope::oracle
