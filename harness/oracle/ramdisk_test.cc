// SPDX-License-Identifier: GPL-2.0-only
// Proofs 1 and 2 of the oracles of ramdisks and the page cache, as oracle_test.cc has them for
// bios.
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

constexpr std::uint32_t kDev = 0x100;  // 1:0
constexpr std::uint64_t kBrd = 0xffff888000001000, kFolio = 0xffffea0000001000,
                        kDisk = 0xffff888000003000, kBdev = 0xffff888000004000;
constexpr bool kBuffered = true, kDirect = false;
constexpr std::array<std::string_view, 6> kAll{"cache_follows_device",   "flush_reaches_device",
                                               "ramdisk_pages_add_up",   "reads_see_latest_write",
                                               "rejected_page_is_freed", "writeback_ends_once"};

// A tape of whole calls; begin and end for those that overlap.
struct Calls {
  Tape tape{};
  std::uint32_t last = 0;

  std::uint32_t begin(bsc_io_op op, bool buffered = kBuffered, std::uint64_t sector = 0,
                      std::uint32_t sectors = 8, std::uint64_t counter = 0) {
    tape.io(bsc_event_io_call{std::uint64_t{kDev} << 32 | sector / 8, kDev, sector, counter, ++last,
                              kDev, sectors, 1, op, buffered ? std::uint32_t{BSC_IO_BUFFERED} : 0u});
    return last;
  }
  Calls& end(std::uint32_t call, bsc_io_op op, std::int32_t result = 0) {
    tape.io(bsc_event_io_return{0, kDev, call, kDev, result, op});
    return *this;
  }
  Calls& call(bsc_io_op op, bool buffered = kBuffered, std::uint64_t counter = 0,
              std::int32_t result = 0) {
    const auto id = begin(op, buffered, 0, 8, counter);
    return end(id, op, result);
  }
  Calls& write(std::uint64_t counter, bool buffered = kBuffered) {
    return call(BSC_IO_WRITE, buffered, counter);
  }
  struct Seen {
    std::uint32_t state = BSC_SECTOR_STAMPED;
    std::uint64_t stamp_sector = 0;
    std::uint32_t stamp_dev = kDev;
  };
  Calls& seen(std::uint32_t call, std::uint64_t counter) { return seen(call, counter, Seen{}); }
  Calls& seen(std::uint32_t call, std::uint64_t counter, const Seen& how) {
    tape.io(bsc_event_io_seen{std::uint64_t{kDev} << 32, kDev, 0, how.stamp_sector, counter,
                              how.stamp_dev, 1, 8, how.state, call, kDev});
    return *this;
  }
  Calls& read(std::uint64_t counter, bool buffered = kBuffered) {
    return read(counter, buffered, Seen{});
  }
  Calls& read(std::uint64_t counter, bool buffered, const Seen& how) {
    const auto id = begin(BSC_IO_READ, buffered);
    return end(id, BSC_IO_READ).seen(id, counter, how);
  }
  Calls& zeros(bool buffered = kBuffered) {
    return read(0, buffered, {.state = BSC_SECTOR_ZERO});
  }
  Calls& io(std::uint64_t pages, std::uint64_t sector = 0, std::uint32_t size = 4096,
            std::uint32_t opf = 1) {
    tape.brd(bsc_event_brd_io{kBrd, 0xb10, sector, pages, kDev, size, opf, 0});
    return *this;
  }
  Calls& page(std::uint64_t address) {
    tape.page_taken(address);
    return *this;
  }
  Calls& taken(std::uint64_t address) { return io(0).page(address); }
  Calls& stored(std::uint64_t pages, std::uint64_t sector = 0, std::uint32_t size = 4096,
                std::int32_t result = 0) {
    tape.brd(bsc_event_brd_stored{kBrd, sector, pages, kDev, size, result, 0});
    return *this;
  }
};

struct CleanTape {
  const char* name;
  Calls calls{};
};

std::vector<CleanTape> clean_tapes() {
  std::vector<CleanTape> tapes;
  const auto add = [&](const char* name) -> Calls& { return tapes.emplace_back(name).calls; };
  add("what was there before anything was seen may be anything")
      .read(7).zeros().read(0, kDirect, {.state = BSC_SECTOR_DAMAGED}).write(1).read(1);
  add("both ways, one after the other").write(1).io(0).stored(1).read(1, kDirect).write(2, kDirect)
      .read(2).read(2, kDirect).call(BSC_IO_ZERO, kDirect).zeros().zeros(kDirect);
  {
    Calls& calls = add("a read beside a write gets either, or a mixture");
    calls.write(1);
    const auto write = calls.begin(BSC_IO_WRITE, kDirect, 0, 8, 2);
    calls.read(1).read(2).read(2, kDirect, {.state = BSC_SECTOR_DAMAGED}).end(write, BSC_IO_WRITE)
        .read(2);
  }
  {
    Calls& calls = add("a read that began before the write returned");
    calls.write(1);
    const auto read = calls.begin(BSC_IO_READ);
    calls.write(2);
    calls.end(read, BSC_IO_READ).seen(read, 1);
  }
  add("a write that failed may have reached some of it").write(1)
      .call(BSC_IO_WRITE, kDirect, 2, -5).read(1).read(2).read(0, kDirect, {.state = BSC_SECTOR_DAMAGED})
      .write(3).read(3);
  add("a discard leaves zeros").write(1).call(BSC_IO_DISCARD, kDirect).zeros().zeros(kDirect);
  add("a discard leaves what was there").write(1).call(BSC_IO_DISCARD, kDirect).read(1)
      .read(1, kDirect);
  {
    Calls& calls = add("two writers at once leave a mixture");
    const auto one = calls.begin(BSC_IO_WRITE, kDirect, 0, 8, 1);
    const auto two = calls.begin(BSC_IO_WRITE, kDirect, 0, 8, 2);
    calls.end(one, BSC_IO_WRITE).end(two, BSC_IO_WRITE)
        .read(0, kDirect, {.state = BSC_SECTOR_DAMAGED}).read(1).read(2);
  }
  add("BLKFLSBUF writes back what is dirty").write(1).io(0).stored(1)
      .call(BSC_IO_FLUSH_BUFFERS).write(2).io(1).stored(1).call(BSC_IO_SYNC).read(2);
  {
    Calls& calls = add("what is written during BLKFLSBUF may stay dirty");
    const auto flush = calls.begin(BSC_IO_FLUSH_BUFFERS);
    calls.write(1).end(flush, BSC_IO_FLUSH_BUFFERS);
  }
  add("BLKFLSBUF fails").write(1).call(BSC_IO_FLUSH_BUFFERS, kBuffered, 0, -5);
  add("a direct write takes the place of what is dirty").write(1).write(2, kDirect)
      .call(BSC_IO_FLUSH_BUFFERS);
  add("pages are counted once").io(0).stored(1).io(1).stored(1).io(1, 4).stored(2, 4).io(2, 0, 0);
  add("a ramdisk that was in use before arming").io(5).stored(5).io(4);
  add("a store that fails may have put its page in").io(0, 4).stored(1, 4, 4096, -12).io(1, 16)
      .stored(2, 16);
  {
    Calls& calls = add("two tasks at once, neither of which has returned");
    calls.tape.tid(1);
    calls.io(0);
    calls.tape.tid(2);
    calls.io(1, 8).stored(2, 8);
    calls.tape.tid(1);
    calls.stored(2);
  }
  {
    Calls& calls = add("who finds a page there need not have put it in, and may be faster than its count");
    calls.tape.tid(1);
    calls.io(0);
    calls.tape.tid(2);
    calls.io(0).stored(0);
    calls.tape.tid(1);
    calls.stored(1).io(1, 8).stored(2, 8);
  }
  add("a page is taken and put in").taken(1).stored(1).io(1, 8).page(2).stored(2, 8);
  {
    Calls& calls = add("two take a page for one place, and the slower one gives his back");
    calls.tape.tid(1);
    calls.io(0).page(1);
    calls.tape.tid(2);
    calls.io(0).page(2).stored(1);
    calls.tape.tid(1).page_freed(1);
    calls.stored(1).io(1, 8).page(1).stored(2, 8);
  }
  {
    Calls& calls = add("a count that is older than what others have put in meanwhile");
    calls.tape.tid(1);
    calls.io(0).page(1);
    calls.tape.tid(2);
    calls.io(0, 8).page(2).stored(1, 8);
    calls.tape.tid(3);
    calls.io(1, 16);
    calls.tape.tid(1);
    calls.stored(2);
  }
  add("pages that a task takes between its writes are not the ramdisk's").taken(1).stored(1).page(7)
      .page(8).io(1, 8).page(2).stored(2, 8);
  add("a page of a ramdisk that was in use").io(5).page(1).stored(5).io(5, 8).page(2).stored(6, 8);
  {
    Calls& calls = add("a stack is no sign of its task");
    calls.tape.tid(1);
    calls.io(0);
    calls.tape.tid(2);
    calls.io(0, 8).stored(1, 8);
    calls.tape.tid(1).stack();
    calls.io(0, 16);
  }
  add("a discard takes pages out").io(0).stored(1).io(1, 0, 4096, 3).io(0, 8).stored(1, 8);
  {
    Calls& calls = add("a ramdisk goes and another at its address comes");
    calls.io(0).stored(1);
    calls.tape.mark(BSC_MARK_RAMDISK_PAGES, 2, "").disk(BSC_EVENT_DISK_GONE, kDisk, kBdev)
        .page_freed(1).page_freed(9, 1).page_freed(2).mark(BSC_MARK_UNLOADED, 0, "brd");
    calls.io(0, 8).stored(1, 8);
  }
  {
    Calls& calls = add("writeback, again and again, once begun before arming");
    calls.tape.writeback(BSC_EVENT_WRITEBACK_END, kFolio)
        .writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio).writeback(BSC_EVENT_WRITEBACK_END, kFolio)
        .writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio).writeback(BSC_EVENT_WRITEBACK_END, kFolio);
  }
  return tapes;
}

TEST(RamdiskOracles, NoneFiresOnCleanTapes) {
  for (const CleanTape& clean : clean_tapes())
    for (const std::string_view name : kAll) {
      const Judged said = judge(name, clean.calls.tape);
      EXPECT_THAT(said.kinds, IsEmpty()) << name << ": " << clean.name;
      EXPECT_EQ(said.undecided, "") << name << ": " << clean.name;
    }
}

TEST(ReadsSeeLatestWrite, AnOlderWriteIsStale) {
  Calls calls;
  calls.write(1).write(2).read(1);
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("stale"));
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).orders, ElementsAre(7));
  EXPECT_THAT(judge("cache_follows_device", calls.tape).kinds, IsEmpty());
}

TEST(ReadsSeeLatestWrite, ZerosWhereSomethingWasWrittenAreALoss) {
  Calls calls;
  calls.write(1).zeros(kDirect);
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("lost"));
}

TEST(ReadsSeeLatestWrite, AMixtureNeedsAnOverlap) {
  Calls calls;
  calls.write(1).write(2, kDirect).read(2, kDirect, {.state = BSC_SECTOR_DAMAGED});
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("damaged"));
}

TEST(ReadsSeeLatestWrite, AnotherSectorsContentIsMisplaced) {
  Calls calls;
  calls.write(1).read(1, kDirect, {.stamp_sector = 8});
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("misplaced"));
  Calls other;
  other.write(1).read(1, kDirect, {.stamp_dev = kDev + 1});
  EXPECT_THAT(judge("reads_see_latest_write", other.tape).kinds, ElementsAre("misplaced"));
}

TEST(ReadsSeeLatestWrite, AFailedWriteReplacesNothing) {
  Calls calls;
  calls.write(1).write(2).call(BSC_IO_WRITE, kDirect, 3, -12).read(1, kDirect);
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("stale"));
}

TEST(ReadsSeeLatestWrite, TellsStaleFromFreshAfterManyWrites) {
  Calls calls;
  for (std::uint64_t counter = 1; counter <= 40; ++counter) calls.write(counter).read(counter);
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, IsEmpty());
  calls.read(39);
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, ElementsAre("stale"));
}

TEST(CacheFollowsDevice, ABufferedReadMissesADirectWrite) {
  Calls calls;
  calls.write(1).read(1).write(2, kDirect).read(1);
  EXPECT_THAT(judge("cache_follows_device", calls.tape).kinds, ElementsAre("stale"));
  EXPECT_THAT(judge("reads_see_latest_write", calls.tape).kinds, IsEmpty());
}

TEST(CacheFollowsDevice, ABufferedReadMissesZeros) {
  Calls calls;
  calls.write(1).call(BSC_IO_ZERO, kDirect).read(1);
  EXPECT_THAT(judge("cache_follows_device", calls.tape).kinds, ElementsAre("stale"));
}

TEST(CacheFollowsDevice, TheTwoWaysDisagreeAfterADiscard) {
  Calls calls;
  calls.write(1).call(BSC_IO_DISCARD, kDirect).zeros(kDirect).read(1);
  EXPECT_THAT(judge("cache_follows_device", calls.tape).kinds, ElementsAre("stale"));
}

TEST(FlushReachesDevice, DirtyDataStaysBehind) {
  Calls calls;
  calls.write(1).call(BSC_IO_FLUSH_BUFFERS);
  const Judged said = judge("flush_reaches_device", calls.tape);
  ASSERT_EQ(said.kinds.size(), 8u);  // sectors
  EXPECT_EQ(said.kinds.front(), "flush_left_dirty");
  EXPECT_EQ(said.orders.front(), 4u);
  Calls sync;
  sync.write(1).io(0, 8).stored(1, 8).call(BSC_IO_SYNC);
  EXPECT_EQ(judge("flush_reaches_device", sync.tape).kinds.front(), "sync_left_dirty");
}

TEST(FlushReachesDevice, AnOlderStoreDoesNotCount) {
  Calls calls;
  calls.write(1).io(0).stored(1).write(2).call(BSC_IO_FLUSH_BUFFERS);
  EXPECT_EQ(judge("flush_reaches_device", calls.tape).kinds.size(), 8u);
}

TEST(RamdiskPagesAddUp, APageThatTwoHaveStoredIsCounted) {
  Calls calls;
  calls.tape.tid(1);
  calls.io(0);
  calls.tape.tid(2);
  calls.io(0).stored(0);
  calls.tape.tid(1);
  calls.stored(0);
  EXPECT_THAT(judge("ramdisk_pages_add_up", calls.tape).kinds, ElementsAre("too_few"));
}

TEST(RamdiskPagesAddUp, APageIsNotCounted) {
  Calls calls;
  calls.io(0).stored(0);
  EXPECT_THAT(judge("ramdisk_pages_add_up", calls.tape).kinds, ElementsAre("too_few"));
}

TEST(RamdiskPagesAddUp, AWriteThatStraddlesHasTwoPages) {
  Calls calls;
  calls.io(0, 4).stored(1, 4);
  EXPECT_THAT(judge("ramdisk_pages_add_up", calls.tape).kinds, ElementsAre("too_few"));
}

TEST(RamdiskPagesAddUp, APageIsCountedTwice) {
  Calls calls;
  calls.io(0).stored(1).io(1).stored(2);
  EXPECT_THAT(judge("ramdisk_pages_add_up", calls.tape).kinds, ElementsAre("too_many"));
}

TEST(RamdiskPagesAddUp, APageIsGone) {
  Calls calls;
  calls.io(0).stored(1).io(1, 8).stored(2, 8).io(1, 16, 4096, 0);
  EXPECT_THAT(judge("ramdisk_pages_add_up", calls.tape).kinds, ElementsAre("too_few"));
}

TEST(RamdiskPagesAddUp, APageIsLeftAtRemoval) {
  Tape tape;
  tape.mark(BSC_MARK_RAMDISK_PAGES, 3, "").disk(BSC_EVENT_DISK_GONE, kDisk, kBdev)
      .page_freed(1).page_freed(2).mark(BSC_MARK_UNLOADED, 0, "brd");
  EXPECT_THAT(judge("ramdisk_pages_add_up", tape).kinds, ElementsAre("pages_left"));
}

TEST(RejectedPageIsFreed, ThePageOfTheSlowerOneIsLost) {
  Calls calls;
  calls.tape.tid(1);
  calls.io(0).page(1);
  calls.tape.tid(2);
  calls.io(0).page(2).stored(1);
  calls.tape.tid(1);
  calls.stored(1).io(1, 8).page(3).stored(2, 8);
  const Judged said = judge("rejected_page_is_freed", calls.tape);
  EXPECT_THAT(said.kinds, ElementsAre("page_lost")) << "once, though it stays lost";
  EXPECT_THAT(said.orders, ElementsAre(7)) << "when the slower one is through";
}

TEST(RejectedPageIsFreed, APageIsNotCounted) {
  Calls calls;
  calls.taken(1).stored(0);
  EXPECT_THAT(judge("rejected_page_is_freed", calls.tape).kinds, ElementsAre("page_lost"));
}

TEST(RejectedPageIsFreed, AFailedWriteLosesItsPage) {
  Calls calls;
  calls.taken(1).stored(0, 0, 4096, -12);
  EXPECT_THAT(judge("rejected_page_is_freed", calls.tape).kinds, ElementsAre("page_lost"));
}

TEST(WritebackEndsOnce, EndsTwice) {
  Tape tape;
  tape.writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio).writeback(BSC_EVENT_WRITEBACK_END, kFolio)
      .writeback(BSC_EVENT_WRITEBACK_END, kFolio);
  EXPECT_THAT(judge("writeback_ends_once", tape).kinds, ElementsAre("ended_twice"));
  EXPECT_THAT(judge("writeback_ends_once", tape).orders, ElementsAre(3));
}

TEST(WritebackEndsOnce, BeginsTwice) {
  Tape tape;
  tape.writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio).writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio)
      .writeback(BSC_EVENT_WRITEBACK_END, kFolio);
  EXPECT_THAT(judge("writeback_ends_once", tape).kinds, ElementsAre("begun_twice"));
}

TEST(WritebackEndsOnce, NeverEnds) {
  Tape tape;
  tape.writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio);
  EXPECT_THAT(judge("writeback_ends_once", tape).kinds, ElementsAre("never_ended"));
  const Judged young = judge("writeback_ends_once", tape, 1'000'500'000);
  EXPECT_THAT(young.kinds, IsEmpty());
  EXPECT_NE(young.undecided, "");
}

TEST(RamdiskWitnesses, CountWhatHappened) {
  Calls beside;
  const auto write = beside.begin(BSC_IO_WRITE, kDirect, 0, 8, 1);
  beside.read(1).end(write, BSC_IO_WRITE).read(1).read(1);
  EXPECT_EQ(count("read_beside_write", beside.tape), 1u);
  EXPECT_EQ(count("sector_content", beside.tape), 2u);

  Calls passed;
  passed.write(1).read(1).write(2, kDirect).read(2).read(2).write(3).read(3);
  EXPECT_EQ(count("cache_passed_by", passed.tape), 1u);

  Calls flushed;
  flushed.write(1).io(0).stored(1);
  EXPECT_EQ(count("buffers_flushed", flushed.tape), 0u);
  const auto flush = flushed.begin(BSC_IO_FLUSH_BUFFERS);
  flushed.io(1).end(flush, BSC_IO_FLUSH_BUFFERS);
  EXPECT_EQ(count("buffers_flushed", flushed.tape), 1u);
  EXPECT_EQ(count("cache_refilled", flushed.tape), 0u);
  const auto read = flushed.begin(BSC_IO_READ);
  flushed.io(1, 0, 4096, 0).end(read, BSC_IO_READ);
  EXPECT_EQ(count("cache_refilled", flushed.tape), 1u);

  Calls discarded;
  const auto under_way = discarded.begin(BSC_IO_WRITE, kDirect, 0, 8, 1);
  discarded.call(BSC_IO_DISCARD, kDirect).end(under_way, BSC_IO_WRITE).call(BSC_IO_DISCARD, kDirect);
  EXPECT_EQ(count("discard_beside_write", discarded.tape), 1u);

  const auto flushing = discarded.begin(BSC_IO_FLUSH_BUFFERS, kBuffered, 0, 0);
  discarded.write(2).end(flushing, BSC_IO_FLUSH_BUFFERS).write(3);
  EXPECT_EQ(count("flush_beside_write", discarded.tape), 1u);

  Calls together;
  const auto half = together.begin(BSC_IO_WRITE, kDirect, 0, 4, 1);
  EXPECT_EQ(count("write_beside_write", together.tape), 0u);
  const auto other = together.begin(BSC_IO_WRITE, kDirect, 4, 4, 2);
  together.end(half, BSC_IO_WRITE).end(other, BSC_IO_WRITE).write(3);
  EXPECT_EQ(count("write_beside_write", together.tape), 1u);

  Calls failed;
  failed.io(0).stored(1).stored(1, 8, 4096, -12);
  EXPECT_EQ(count("store_failed", failed.tape), 1u);

  Calls rejected;
  rejected.taken(1).stored(1).io(1, 8).page(2);
  rejected.tape.page_freed(1);
  EXPECT_EQ(count("page_rejected", rejected.tape), 0u);
  rejected.tape.page_freed(2);
  EXPECT_EQ(count("page_rejected", rejected.tape), 1u);

  Tape unloaded;
  unloaded.mark(BSC_MARK_RAMDISK_PAGES, 1, "tape").page_freed(1).mark(BSC_MARK_UNLOADED, 16, "brd");
  EXPECT_EQ(count("ramdisk_unloaded", unloaded), 0u);
  unloaded.mark(BSC_MARK_RAMDISK_PAGES, 1, "tape").page_freed(1).mark(BSC_MARK_UNLOADED, 0, "brd");
  EXPECT_EQ(count("ramdisk_unloaded", unloaded), 1u);

  Tape written;
  written.writeback(BSC_EVENT_WRITEBACK_END, kFolio).writeback(BSC_EVENT_WRITEBACK_BEGIN, kFolio)
      .writeback(BSC_EVENT_WRITEBACK_END, kFolio);
  EXPECT_EQ(count("page_written_back", written), 1u);
  EXPECT_EQ(count("page_swapped_out", written), 0u);
}

}  // namespace
}  // namespace bioscope::oracle
