// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/crash_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/testing/tape.h"

namespace bioscope::nvdimm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Tape;
using Kind = StoreEvent::Kind;

constexpr std::uint64_t kMapped = 0xffffc90000400000;
constexpr std::uint64_t kRegion = 0xd0;

Result<RecordedStores> read(const Tape& tape) {
  StoreReader reader;
  for (const Tape::Bytes& bytes : tape.records()) reader.see(Tape::record(bytes));
  return reader.finish();
}

Tape& step(Tape& tape, std::string_view label) { return tape.mark(BSC_MARK_STEP, 0, label); }
Tape& keep(Tape& tape) { return step(step(tape, kKeepBase), kKeptBase); }

Tape& lines(Tape& tape, std::uint64_t offset, std::uint32_t size) {
  for (std::uint32_t at = 0; at < size; at += 64) tape.line(offset + at, std::min(64U, size - at));
  return tape;
}

Tape& flushed(Tape& tape, std::uint64_t region = kRegion) {
  return tape.nvdimm_flush(region).nvdimm_flushed(region);
}

// As nsio_rw_bytes writes.
Tape& write(Tape& tape, std::uint64_t offset, std::uint32_t size) {
  tape.bytes(BSC_EVENT_NSIO_WRITE, offset, size);
  lines(tape, offset, size).past_cache(kMapped + offset, size);
  return flushed(tape).bytes(BSC_EVENT_NSIO_WROTE, offset, size);
}

std::string refused(const Tape& tape) {
  const auto got = read(tape);
  EXPECT_FALSE(got);
  return got ? "" : got.error().what;
}

TEST(CrashRecord, AWriteFromItsBeginningToItsEnd) {
  Tape tape;
  write(tape, 64, 8);  // before the base: nobody asks for it
  keep(tape);
  const auto before = tape.last_order();
  write(tape, 4096, 100);
  step(tape, kKeepLast);
  write(tape, 64, 8);
  const auto got = read(tape);
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->first, before);
  ASSERT_EQ(got->history.stores.size(), 1U);
  const StoredBytes& store = got->history.stores[0];
  EXPECT_EQ(store.offset, 4096U);
  ASSERT_EQ(store.bytes.size(), 100U);
  EXPECT_EQ(store.bytes[0], Tape::byte_at(4096));
  EXPECT_EQ(store.bytes[99], Tape::byte_at(4195));
  EXPECT_TRUE(store.past_cache);
  std::vector<Kind> kinds;
  for (const StoreEvent& event : got->history.events) kinds.push_back(event.kind);
  EXPECT_THAT(kinds, ElementsAre(Kind::kBegun, Kind::kFlush, Kind::kFlushed, Kind::kReturned));
}

TEST(CrashRecord, TheBytesMayComeBeforeTheEntry) {
  Tape tape;
  keep(tape);
  lines(tape, 512, 512).bytes(BSC_EVENT_NSIO_WRITE, 512, 512);
  flushed(tape).bytes(BSC_EVENT_NSIO_WROTE, 512, 512);
  const auto got = read(step(tape, kKeepLast));
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(got->history.stores[0].bytes.size(), 512U);
  EXPECT_FALSE(got->history.stores[0].past_cache) << "nobody said that it left the cache";
}

TEST(CrashRecord, AFlushOfAnotherRegionOrThatFailedIsNone) {
  Tape tape;
  keep(tape);
  tape.lane(BSC_EVENT_LANE_TAKEN, 1, kRegion).bytes(BSC_EVENT_NSIO_WRITE, 64, 8).line(64, 8);
  flushed(tape, 0xd1).nvdimm_flush(kRegion).nvdimm_flushed(kRegion, -5);
  tape.bytes(BSC_EVENT_NSIO_WROTE, 64, 8);
  const auto got = read(step(tape, kKeepLast));
  ASSERT_TRUE(got) << got.error().what;
  for (const StoreEvent& event : got->history.events) EXPECT_NE(event.kind, Kind::kFlushed);
}

TEST(CrashRecord, WhatIsNotCompleteIsRefused) {
  EXPECT_THAT(refused(Tape()), HasSubstr("kept no images"));
  Tape none;
  EXPECT_THAT(refused(step(keep(none), kKeepLast)), HasSubstr("nothing was written"));
  Tape bytes;
  keep(bytes).bytes(BSC_EVENT_NSIO_WRITE, 64, 8).bytes(BSC_EVENT_NSIO_WROTE, 64, 8);
  EXPECT_THAT(refused(step(bytes, kKeepLast)), HasSubstr("btt_bytes"));
  Tape gap;
  keep(gap).bytes(BSC_EVENT_NSIO_WRITE, 0, 128).line(0, 64).line(128, 64);
  EXPECT_THAT(refused(step(gap, kKeepLast)), HasSubstr("does not go on"));
  Tape meanwhile;
  step(meanwhile, kKeepBase);
  EXPECT_THAT(refused(write(meanwhile, 64, 8)), HasSubstr("has to stand"));
  Tape open;
  keep(open).bytes(BSC_EVENT_NSIO_WRITE, 64, 8).line(64, 8);
  EXPECT_THAT(refused(step(open, kKeepLast)), HasSubstr("under way"));
  Tape twice;
  write(keep(twice), 64, 8);
  EXPECT_THAT(refused(keep(twice)), HasSubstr("two images"));
}

}  // namespace
}  // namespace bioscope::nvdimm
