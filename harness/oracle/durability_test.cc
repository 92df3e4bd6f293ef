// SPDX-License-Identifier: GPL-2.0-only
// What flush_covers_writes and fua_goes_down say of a mapped device that stands on two disks, and
// what they must not say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/oracle/bio_op.h"
#include "harness/oracle/cut.h"
#include "harness/oracle/reduce.h"
#include "harness/testing/judged.h"
#include "harness/testing/tape.h"

namespace bioscope::oracle {
namespace {

using testing::count;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::judge;
using testing::Tape;

constexpr std::uint32_t kMapped = 0xfd00000, kOne = 0x810, kTwo = 0x820;
constexpr std::uint64_t kMaster = 0xffff888000001000, kClone = 0xffff888000002000,
                        kOther = 0xffff888000003000;

// A write of the mapped device, sent down to a disk with `below` as its operation.
Tape& write(Tape& tape, std::uint32_t disk, std::uint32_t opf = kWrite,
            std::uint32_t below = kWrite, std::uint32_t status = 0) {
  return tape.alloc(kMaster)
      .submit(kMaster, kMapped, opf)
      .alloc(kClone)
      .clone(kClone, kMaster)
      .map(kClone, kMaster)
      .submit(kClone, disk, below)
      .endio(kClone, {.status = status})
      .free(kClone)
      .io_complete(kClone, kMaster, status)
      .endio(kMaster, {.status = status})
      .free(kMaster);
}

Tape& begin_flush(Tape& tape) {
  return tape.alloc(kMaster).submit(kMaster, kMapped, kWrite | kPreflush, 0);
}

// One of its clones.
Tape& flush(Tape& tape, std::uint32_t disk, std::uint32_t status = 0) {
  return tape.alloc(kOther)
      .clone(kOther, kMaster)
      .map(kOther, kMaster, 0)
      .submit(kOther, disk, kWrite | kPreflush, 0)
      .endio(kOther, {.status = status})
      .free(kOther);
}

Tape& end_flush(Tape& tape, std::uint32_t status = 0) {
  return tape.io_complete(kOther, kMaster, status).endio(kMaster, {.status = status}).free(kMaster);
}

TEST(FlushCoversWrites, EachDiskThatWasWrittenTo) {
  Tape tape;
  write(write(tape, kOne), kTwo);
  end_flush(flush(flush(begin_flush(tape), kOne), kTwo));
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, IsEmpty());
  EXPECT_EQ(count("disks_flushed", tape), 1u);
}

TEST(FlushCoversWrites, ADiskIsLeftOut) {
  Tape tape;
  write(write(tape, kOne), kTwo);
  flush(flush(begin_flush(tape), kOne), kOne).io_complete(kOther, kMaster);
  const auto findings = judge("flush_covers_writes", tape).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].kind, "disk_left_out");
  EXPECT_EQ(findings[0].order, tape.last_order());
  EXPECT_EQ(findings[0].object, kMaster);
  EXPECT_THAT(findings[0].summary, HasSubstr("8:32"));
  EXPECT_EQ(count("disks_flushed", tape), 0u);
}

TEST(FlushCoversWrites, AFlushOfTheDiskThatFailedDoesNotCount) {
  Tape tape;
  end_flush(flush(begin_flush(write(tape, kOne)), kOne, 10));
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, ElementsAre("disk_left_out"));
}

TEST(FlushCoversWrites, OneThatEndsWithAnErrorPromisesNothing) {
  Tape tape;
  end_flush(flush(begin_flush(write(tape, kOne)), kOne, 10), 10);
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, IsEmpty());
}

TEST(FlushCoversWrites, WhatIsDurableFailedOrYoungerNeedsNone) {
  Tape durable;
  end_flush(flush(begin_flush(write(durable, kTwo, kWrite | kFua, kWrite | kFua)), kOne));
  EXPECT_THAT(judge("flush_covers_writes", durable).kinds, IsEmpty());
  Tape failed;
  end_flush(flush(begin_flush(write(failed, kTwo, kWrite, kWrite, 10)), kOne));
  EXPECT_THAT(judge("flush_covers_writes", failed).kinds, IsEmpty());
  Tape younger;
  constexpr std::uint64_t kLate = 0xffff888000005000, kLateClone = 0xffff888000006000;
  flush(begin_flush(younger), kOne)
      .alloc(kLate)
      .submit(kLate, kMapped, kWrite)
      .alloc(kLateClone)
      .clone(kLateClone, kLate)
      .map(kLateClone, kLate)
      .submit(kLateClone, kTwo, kWrite)
      .endio(kLateClone);
  end_flush(younger);
  EXPECT_THAT(judge("flush_covers_writes", younger).kinds, IsEmpty());
}

TEST(FlushCoversWrites, SomebodyElsesFlushOfTheDiskWillDo) {
  Tape tape;
  begin_flush(write(tape, kTwo));
  constexpr std::uint64_t kPool = 0xffff888000007000;
  tape.init(kPool).submit(kPool, kTwo, kWrite | kPreflush, 0).endio(kPool);
  end_flush(flush(tape, kOne));
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, IsEmpty());
}

// What is mapped by kDev, as map() names it, stands on kOne; the device above stands on it.
TEST(FlushCoversWrites, AMappedDeviceInBetweenMayBeLeftOut) {
  const auto above = [](std::uint32_t flushed) {
    Tape tape;
    constexpr std::uint32_t kAbove = 0xfd00001;
    constexpr std::uint64_t kUpper = 0xffff888000009000, kLower = 0xffff88800000a000,
                            kFlush = 0xffff88800000b000, kPool = 0xffff888000007000;
    tape.alloc(kUpper).submit(kUpper, kAbove, kWrite).alloc(kMaster).clone(kMaster, kUpper);
    tape.map_of(kAbove, kMaster, kUpper).submit(kMaster, kMapped, kWrite).alloc(kLower);
    tape.clone(kLower, kMaster).map(kLower, kMaster).submit(kLower, kOne, kWrite).endio(kLower);
    tape.endio(kMaster).endio(kUpper);
    tape.alloc(kFlush).submit(kFlush, kAbove, kWrite | kPreflush, 0).alloc(kOther);
    tape.clone(kOther, kFlush).map_of(kAbove, kOther, kFlush, 0);
    tape.init(kPool).submit(kPool, flushed, kWrite | kPreflush, 0).endio(kPool).endio(kOther);
    tape.io_complete(kOther, kFlush);
    return judge("flush_covers_writes", tape).kinds;
  };
  EXPECT_THAT(above(kOne), IsEmpty());
  EXPECT_THAT(above(kTwo), ElementsAre("disk_left_out"));
}

TEST(FlushCoversWrites, AnotherTableStartsAnew) {
  Tape tape;
  write(tape, kTwo).suspended().resume();
  end_flush(flush(begin_flush(tape), kOne));
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, IsEmpty());
}

TEST(FlushCoversWrites, ABiosDataMayComeAfterItsFlushButNotItsEnd) {
  Tape tape;
  write(tape, kOne).alloc(kMaster).submit(kMaster, kMapped, kWrite | kPreflush);
  flush(tape, kTwo).io_complete(kOther, kMaster);
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, ElementsAre("disk_left_out"));
}

TEST(FlushCoversWrites, InFrontOfADeviceWithoutACacheItIsForgotten) {
  Tape tape;
  write(tape, kOne);
  write(tape, kOne, kWrite | kPreflush);
  EXPECT_THAT(judge("flush_covers_writes", tape).kinds, IsEmpty());
}

TEST(FuaGoesDown, WithAndWithout) {
  Tape with;
  write(end_flush(flush(begin_flush(with), kOne)), kOne, kWrite | kFua, kWrite | kFua);
  EXPECT_THAT(judge("fua_goes_down", with).kinds, IsEmpty());
  EXPECT_EQ(count("fua_sent", with), 1u);
  Tape without;
  write(end_flush(flush(begin_flush(without), kOne)), kOne, kWrite | kFua, kWrite);
  EXPECT_THAT(judge("fua_goes_down", without).kinds, ElementsAre("dropped"));
  EXPECT_EQ(count("fua_sent", without), 0u);
}

TEST(FuaGoesDown, OnABioOfTheTargetsOwn) {
  Tape tape;
  end_flush(flush(begin_flush(tape), kOne))
      .alloc(kMaster)
      .submit(kMaster, kMapped, kWrite | kFua)
      .alloc(kClone)
      .clone(kClone, kMaster)
      .map(kClone, kMaster)
      .alloc(kOther)
      .remap(kClone, kOther, kMaster)
      .submit(kOther, kOne, kWrite);
  EXPECT_THAT(judge("fua_goes_down", tape).kinds, ElementsAre("dropped"));
}

TEST(FuaGoesDown, AlsoWithTheDataAfterTheFlush) {
  Tape tape;
  tape.alloc(kMaster).submit(kMaster, kMapped, kWrite | kPreflush | kFua);
  flush(tape, kOne).io_complete(kOther, kMaster).submit(kMaster, kMapped, kWrite);
  tape.alloc(kClone).clone(kClone, kMaster).map(kClone, kMaster).submit(kClone, kOne, kWrite);
  EXPECT_THAT(judge("fua_goes_down", tape).kinds, ElementsAre("dropped"));
}

TEST(FuaGoesDown, InFrontOfADeviceWithoutACacheItIsForgotten) {
  Tape tape;
  write(tape, kOne, kWrite | kFua, kWrite);
  EXPECT_THAT(judge("fua_goes_down", tape).kinds, IsEmpty());
}

// The write that was not flushed is no object of the finding.
TEST(Reduce, KeepsTheFindingAndWhatItRestsOn) {
  Tape tape;
  write(write(tape, kOne), kTwo);
  constexpr std::uint64_t kNoise = 0xffff888000008000;
  for (int i = 0; i < 20; ++i)
    tape.alloc(kNoise).submit(kNoise, kOne, kWrite).endio(kNoise).free(kNoise);
  flush(begin_flush(tape), kOne).io_complete(kOther, kMaster).endio(kMaster);
  std::vector<const bsc_record*> all;
  for (const Tape::Bytes& bytes : tape.records()) all.push_back(&Tape::record(bytes));
  const OracleInfo& info = *find_oracle("flush_covers_writes");
  const auto findings = replay(info, all);
  ASSERT_EQ(findings.size(), 1u);
  const auto holds = [&](Records few) {
    const auto found = replay(info, few);
    return find(found, findings[0].kind, findings[0].object, findings[0].order) != nullptr;
  };
  const auto kept = reduce(all, findings[0].order, holds);
  EXPECT_TRUE(holds(kept));
  EXPECT_LT(kept.size(), 30u);
  EXPECT_TRUE(std::ranges::is_sorted(kept, {}, [](const auto* record) { return record->order; }));
  EXPECT_THAT(reduce(all, findings[0].order, [](Records) { return false; }), IsEmpty());
}

}  // namespace
}  // namespace bioscope::oracle
