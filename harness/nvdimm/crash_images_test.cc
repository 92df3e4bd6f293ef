// SPDX-License-Identifier: GPL-2.0-only
// Histories by hand: what a power cut may leave of them, and that one flush that is missing shows.
#include "harness/nvdimm/crash_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/nvdimm/btt_image.h"

namespace bioscope::nvdimm {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kArenaAt = BttImage::kFirst;

// Calls of one task, each written past the cache and flushed unless it says otherwise.
class History {
 public:
  struct How {
    bool flushed = true;
    bool past_cache = true;
    std::uint32_t task = 1;
  };

  History& write(std::uint64_t offset, std::vector<std::uint8_t> bytes) {
    return write(offset, std::move(bytes), How{});
  }
  History& write(std::uint64_t offset, std::vector<std::uint8_t> bytes, How how) {
    begin(offset, std::move(bytes), how);
    if (how.flushed) flush(how.task);
    return end(how.task);
  }
  History& begin(std::uint64_t offset, std::vector<std::uint8_t> bytes, How how) {
    is_.stores.push_back({.order = ++order_,
                          .task = how.task,
                          .offset = offset,
                          .bytes = std::move(bytes),
                          .past_cache = how.past_cache});
    is_.events.push_back({StoreEvent::Kind::kBegun, order_, how.task, is_.stores.size() - 1});
    return *this;
  }
  History& flush(std::uint32_t task = 1) {
    is_.events.push_back({StoreEvent::Kind::kFlush, ++order_, task, 0});
    is_.events.push_back({StoreEvent::Kind::kFlushed, ++order_, task, 0});
    return *this;
  }
  History& end(std::uint32_t task = 1) {
    is_.events.push_back({StoreEvent::Kind::kReturned, ++order_, task, is_.stores.size() - 1});
    return *this;
  }
  const StoreHistory& is() const { return is_; }

 private:
  StoreHistory is_;
  std::uint64_t order_ = 0;
};

std::vector<std::uint8_t> number(std::uint64_t value, unsigned width) {
  std::vector<std::uint8_t> bytes(width);
  store(bytes, 0, value, width);
  return bytes;
}

std::vector<std::uint8_t> filled(std::uint8_t with) { return std::vector<std::uint8_t>(512, with); }

// The bytes of 0..n-1 images, as short text.
std::set<std::string> all_images(std::size_t bytes, const History& history, std::size_t most = 64) {
  std::set<std::string> seen;
  const auto count = for_each_crash_image(std::vector<std::uint8_t>(bytes, '.'), history.is(),
                                          {.most = most}, [&](const CrashImage& image) {
                                            std::vector<std::uint8_t> is(bytes);
                                            EXPECT_TRUE(image.bytes.read(0, is));
                                            std::string text;
                                            for (std::size_t at = 0; at < is.size(); at += 8)
                                              text += static_cast<char>(is[at]);
                                            seen.insert(text);
                                            return true;
                                          });
  EXPECT_TRUE(count) << count.error().what;
  return seen;
}

std::vector<std::uint8_t> letters(const std::string& of_words) {
  std::vector<std::uint8_t> bytes;
  for (const char letter : of_words)
    bytes.insert(bytes.end(), 8, static_cast<std::uint8_t>(letter));
  return bytes;
}

TEST(CrashImages, WordsOfAStoreInFlightComeInAnyOrder) {
  History history;
  history.write(0, letters("ab"), {.flushed = false});
  EXPECT_THAT(all_images(24, history), ElementsAre("...", ".b.", "a..", "ab."));
}

TEST(CrashImages, WhatIsFlushedIsThere) {
  History history;
  history.write(0, letters("a")).write(8, letters("b"));
  EXPECT_THAT(all_images(16, history), ElementsAre("..", "a.", "ab"));
}

TEST(CrashImages, ALineInTheCacheKeepsTheOrderOfItsStores) {
  History history;
  history.write(0, letters("a"), {.past_cache = false});
  history.write(8, letters("b"), {.past_cache = false});
  EXPECT_THAT(all_images(64, history), ElementsAre("........", "a.......", "ab......"));
}

TEST(CrashImages, TwoStoresToOnePlaceComeInTheirOrder) {
  History history;
  history.write(0, letters("a"), {.flushed = false}).write(0, letters("b"), {.flushed = false});
  EXPECT_THAT(all_images(8, history), ElementsAre(".", "a", "b"));
  // Once the second is there, the first can do no more; where they differ it still can.
  History other;
  other.write(0, letters("ac"), {.flushed = false, .task = 2});
  other.begin(0, letters("b"), {}).flush();
  const auto seen = all_images(16, other);
  EXPECT_TRUE(seen.contains("b."));
  EXPECT_TRUE(seen.contains("bc"));
}

TEST(CrashImages, AFlushIsOfItsTaskAndOfWhatHasReturned) {
  History history;
  history.begin(0, letters("a"), {.task = 2});  // under way
  history.write(8, letters("b"), {.flushed = false, .task = 3});
  history.write(16, letters("c"));
  const auto seen = all_images(24, history);
  EXPECT_TRUE(seen.contains(".bc"));
  EXPECT_TRUE(seen.contains("abc"));
  // The last instant has b and c for sure.
  std::set<std::string> last;
  ASSERT_TRUE(for_each_crash_image(
      std::vector<std::uint8_t>(24, '.'), history.is(), {.most = 64}, [&](const CrashImage& image) {
        if (image.in_flight != 1 || image.order < 7) return true;
        std::vector<std::uint8_t> is(24);
        EXPECT_TRUE(image.bytes.read(0, is));
        last.insert(
            {static_cast<char>(is[0]), static_cast<char>(is[8]), static_cast<char>(is[16])});
        return true;
      }));
  EXPECT_THAT(last, ElementsAre(".bc", "abc"));
}

TEST(CrashImages, NoMoreThanAskedForAndTheSameForASeed) {
  History history;
  for (unsigned i = 0; i < 100; ++i)
    history.write(i * 512, filled(static_cast<std::uint8_t>('a' + i % 26)));
  std::vector<std::uint64_t> first, second, other;
  const auto collect = [&](std::uint64_t seed, std::vector<std::uint64_t>& into) {
    const auto count =
        for_each_crash_image(std::vector<std::uint8_t>(512 * 100), history.is(),
                             {.seed = seed, .most = 40}, [&](const CrashImage& image) {
                               std::uint64_t missing = image.order << 32;
                               for (const Lack& lack : image.lacks) missing += lack.missing;
                               into.push_back(missing);
                               return true;
                             });
    ASSERT_TRUE(count);
    EXPECT_EQ(count->images, 40U);
    EXPECT_EQ(count->points, 100U);
    EXPECT_EQ(count->points_tried, 40U);
  };
  collect(7, first);
  collect(7, second);
  collect(8, other);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

TEST(CrashImages, AStoreBeyondTheBaseIsRefused) {
  History history;
  history.write(60, letters("a"));
  const auto count = for_each_crash_image(std::vector<std::uint8_t>(64), history.is(), {},
                                          [](const CrashImage&) { return true; });
  ASSERT_FALSE(count);
  EXPECT_THAT(count.error().what, HasSubstr("beyond the base"));
}

// ---- a table ----

// Lane 2 writes LBA 2 to block `to`; the table's lanes begin as BttImage has them, so that lane 2
// has block 2 free, and LBA 2 is at block 30.
struct Unflushed {
  bool data = false, log = false, map = false;
  bool cached_map = false;
};

void write_sector(History& history, std::uint8_t content, Unflushed how = {}) {
  const auto at = [](std::uint64_t place) { return kArenaAt + place; };
  const std::uint64_t log = at(BttImage::kFlog) + 2 * kLaneBytes;
  history.write(at(0x1000) + 2 * 512, filled(content), {.flushed = !how.data});
  history.write(log, number(2ULL | 30ULL << 32, 8), {.flushed = !how.log});
  history.write(log + 8, number(2ULL | 3ULL << 32, 8), {.flushed = !how.log});
  history.write(at(BttImage::kMap) + 2 * 4, number(0xc0000002U, 4),
                {.flushed = !how.map && !how.cached_map, .past_cache = !how.cached_map});
}

CrashReport check(const History& history, std::size_t most = 2000) {
  BttImage image;
  auto report = check_crash_images(image.bytes(), history.is(), {.seed = 3, .most = most});
  EXPECT_TRUE(report) << report.error().what;
  if (report)
    for (const BrokenImage& broken : report->first) {
      EXPECT_FALSE(broken.found.empty()) << "what is left of it is still broken";
      EXPECT_FALSE(broken.lacks.empty());
    }
  return report.value_or(CrashReport{});
}

TEST(CrashTable, AWriteThatIsFlushedStepByStepSurvivesAnyCut) {
  History history;
  write_sector(history, 0x55);
  const auto report = check(history);
  EXPECT_EQ(report.broken, 0U);
  EXPECT_EQ(report.count.points, 4U);
  EXPECT_GT(report.count.images, 500U);
  EXPECT_EQ(report.count.never_flushed, 0U);
}

TEST(CrashTable, DataThatIsNotFlushedBeforeTheLog) {
  History history;
  write_sector(history, 0x55, {.data = true});
  // The log's flush is the same task's: it takes the data along. So nothing is wrong before that
  // flush, but both halves of the log, if they are not flushed either, may be there alone.
  EXPECT_EQ(check(history).broken, 0U);
  History worse;
  write_sector(worse, 0x55, {.data = true, .log = true});
  const auto report = check(worse);
  ASSERT_GT(report.broken, 0U);
  ASSERT_FALSE(report.first.empty());
  EXPECT_EQ(report.first[0].found[0].kind, "torn");
  EXPECT_EQ(report.first[0].found[0].lba, 2U);
  // What it lacks is brought down to what breaks it: words of the data, store 0.
  EXPECT_EQ(report.first[0].lacks[0].store, 0U);
  EXPECT_EQ(describe_place(BttImage().check()->arenas, worse.is().stores[0].offset), "block 2");
}

TEST(CrashTable, AMapThatIsNotFlushedIsMendedByTheLogUntilTheLaneGoesOn) {
  History history;
  write_sector(history, 0x55, {.map = true});
  EXPECT_EQ(check(history).broken, 0U) << "the log has it";
  // The lane's next write puts its log entry over the one that would mend the map.
  const auto at = [](std::uint64_t place) { return kArenaAt + place; };
  const std::uint64_t log = at(BttImage::kFlog) + 2 * kLaneBytes + kSlotBytes;
  auto lanes_next = [&](History& next) {
    next.begin(at(0x1000) + 30 * 512, filled(0x66), {.task = 2}).flush(2);
    next.begin(log, number(5ULL | 5ULL << 32, 8), {.task = 2}).flush(2);
    next.begin(log + 8, number(30ULL | 1ULL << 32, 8), {.task = 2}).flush(2);
  };
  History lost;
  // Another task's flush takes only what has returned: this map entry's call has not.
  const std::uint64_t first = at(BttImage::kFlog) + 2 * kLaneBytes;
  lost.write(at(0x1000) + 2 * 512, filled(0x55));
  lost.write(first, number(2ULL | 30ULL << 32, 8)).write(first + 8, number(2ULL | 3ULL << 32, 8));
  lost.begin(at(BttImage::kMap) + 2 * 4, number(0xc0000002U, 4), {});
  lanes_next(lost);
  const auto report = check(lost);
  ASSERT_GT(report.broken, 0U);
  EXPECT_EQ(report.first[0].found[0].kind, "permutation");
  EXPECT_THAT(report.first[0].lacks, SizeIs(1));
  EXPECT_EQ(describe_place(BttImage().check()->arenas,
                           lost.is().stores[report.first[0].lacks[0].store].offset),
            "the map's entry of LBA 2");
}

TEST(CrashTable, AMapEntryThatStaysInTheCacheIsNoFlushsBusiness) {
  History history;
  write_sector(history, 0x55, {.cached_map = true});
  history.flush();
  const auto report = check(history);
  EXPECT_EQ(report.broken, 0U);  // the log mends it
  EXPECT_EQ(report.count.never_flushed, 1U);
}

TEST(CrashTable, TheHalvesOfTheLogInOneGoMayComeInAnyOrder) {
  History history;
  const std::uint64_t log = kArenaAt + BttImage::kFlog + 2 * kLaneBytes;
  history.write(kArenaAt + 0x1000 + 2 * 512, filled(0x55));
  history.begin(log, number(5ULL | 5ULL << 32, 8), {}).end();
  history.begin(log + 8, number(2ULL | 3ULL << 32, 8), {}).flush().end();
  const auto report = check(history);
  // The second half alone: a write of LBA 2, which the older entry was of.
  ASSERT_GT(report.broken, 0U);
  EXPECT_THAT(report.first[0].lacks, SizeIs(1));
  EXPECT_EQ(report.first[0].lacks[0].store, 1U);
  EXPECT_EQ(report.first[0].lacks[0].missing, 8U);
  EXPECT_EQ(report.first[0].found[0].kind, "torn");
  EXPECT_EQ(report.first[0].found[0].lba, 2U);
}

TEST(CrashTable, AnAcknowledgedWriteThatMayBeLost) {
  History history;
  write_sector(history, 0x55, {.log = true, .map = true});
  const auto report = check(history);
  ASSERT_GT(report.broken, 0U);
  EXPECT_EQ(report.first[0].found[0].kind, "lost");
  EXPECT_EQ(report.first[0].found[0].lba, 2U);
  EXPECT_EQ(report.count.never_flushed, 3U);
}

TEST(CrashTable, WhatIsNoTableIsRefused) {
  History history;
  const auto none = check_crash_images(std::vector<std::uint8_t>(1 << 16), history.is(), {});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().what, HasSubstr("no block translation table"));
  BttImage damaged;
  damaged.map(0, 5, 0xc0000003);
  const auto unsound = check_crash_images(damaged.bytes(), history.is(), {});
  ASSERT_FALSE(unsound);
  EXPECT_THAT(unsound.error().what, HasSubstr("no sound table"));
  BttImage image;
  history.write(kArenaAt + BttImage::kMap, std::vector<std::uint8_t>(112));
  const auto anew = check_crash_images(image.bytes(), history.is(), {});
  ASSERT_FALSE(anew);
  EXPECT_THAT(anew.error().what, HasSubstr("laid out anew"));
}

TEST(CrashTable, PlacesHaveNames) {
  const auto arenas = BttImage().check()->arenas;
  EXPECT_EQ(describe_place(arenas, 0), "no part of the table");
  EXPECT_EQ(describe_place(arenas, kArenaAt), "the info block");
  EXPECT_EQ(describe_place(arenas, kArenaAt + BttImage::kCopy), "the info block's copy");
  EXPECT_EQ(describe_place(arenas, kArenaAt + BttImage::kFlog + 64 + 16 + 8),
            "half 2 of slot 1 of lane 1's log");
}

}  // namespace
}  // namespace bioscope::nvdimm
