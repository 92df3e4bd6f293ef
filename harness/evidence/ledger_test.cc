// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace bioscope::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kEver = OrderRange{}.last;

// A guest that numbers records as the probes do, and a ledger that sees those that arrive.
class Guest {
 public:
  explicit Guest(unsigned cpus = 2) : taken_(cpus) {
    for (unsigned cpu = 0; cpu < cpus; ++cpu) ledger.from_start(cpu);
  }

  std::uint32_t take(unsigned cpu) { return ++taken_[cpu]; }
  void stack(unsigned cpu) { reserve(cpu, 0, 0, BSC_EVENT_STACK); }
  void reserve(unsigned cpu, std::uint32_t seq, std::uint16_t context = 0,
               std::uint32_t type = BSC_EVENT_BIO_PUT) {
    bsc_record record{};
    record.type = type;
    record.cpu = static_cast<std::uint16_t>(cpu);
    record.seq = seq;
    record.order = ++order_;
    record.context = context;
    ledger.seen(record);
  }
  void run(unsigned cpu, int records = 1) {
    while (records-- > 0) reserve(cpu, take(cpu));
  }
  void drop(unsigned cpu, std::uint64_t records = 1) {
    taken_[cpu] += static_cast<std::uint32_t>(records);
    auto& dropped = loss.dropped["bio_put"];
    dropped.resize(taken_.size());
    dropped[cpu] += records;
  }
  // Ordered by the guest, never read.
  void lose(unsigned cpu) { take(cpu), ++order_; }
  // Takes numbers that the report will not know of.
  void forget(unsigned cpu) { take(cpu); }

  Ledger& report() {
    loss.records = order_;
    loss.taken.assign(taken_.begin(), taken_.end());
    ledger.report(loss);
    return ledger;
  }
  std::uint64_t order() const { return order_; }
  void start_at(unsigned cpu, std::uint32_t taken) { taken_[cpu] = taken; }

  Ledger ledger;
  wire::Loss loss;

 private:
  std::vector<std::uint32_t> taken_;
  std::uint64_t order_ = 0;
};

TEST(Ledger, ListsEachCounterOnceWithAMeaning) {
  std::set<std::string_view> names;
  for (const CounterInfo& counter : counters()) {
    EXPECT_TRUE(names.insert(counter.name).second) << counter.name;
    EXPECT_GT(counter.meaning.size(), 10u) << counter.name;
    EXPECT_EQ(&info(counter.counter), &counter);
  }
}

TEST(Ledger, IsCompleteWhenEverythingIsThereAndReported) {
  Guest guest;
  guest.run(0, 10);
  guest.run(1, 10);
  const Ledger& ledger = guest.report();
  EXPECT_TRUE(ledger.complete());
  EXPECT_THAT(ledger.reasons(), IsEmpty());
  EXPECT_EQ(ledger.lost(), 0u);
  EXPECT_FALSE(ledger.lost_between(0, kEver));
  EXPECT_EQ(ledger.json()["complete"], true);
  EXPECT_TRUE(ledger.json()["counters"].empty());
}

TEST(Ledger, ADropIsAHoleWithAPlace) {
  Guest guest;
  guest.run(0, 5);  // orders 1..5
  guest.run(1, 5);  // 6..10
  guest.drop(1, 3);
  guest.run(0, 5);  // 11..15
  guest.run(1, 5);  // 16..20
  const Ledger& ledger = guest.report();
  ASSERT_EQ(ledger.holes(1).size(), 1u);
  EXPECT_EQ(ledger.holes(1)[0].first, 6u);
  EXPECT_EQ(ledger.holes(1)[0].last, 8u);
  EXPECT_EQ(ledger.holes(1)[0].after, 9u);
  EXPECT_EQ(ledger.holes(1)[0].before, 16u);
  EXPECT_EQ(ledger.total(Counter::kRecordsDropped), 3u);
  EXPECT_EQ(ledger.total(Counter::kSequenceMissing), 3u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u);
  EXPECT_EQ(ledger.lost(), 3u);
  EXPECT_FALSE(ledger.complete());
  EXPECT_THAT(ledger.reasons(),
              ElementsAre("records for which the guest's ring had no room, as the guest counted "
                          "them: 3 (3 bio_put on CPU 1)",
                          "sequence numbers of a CPU that no record has: 3 (3 on CPU 1 between "
                          "orders 9 and 16)"));

  EXPECT_FALSE(ledger.lost_between(0, 9));
  EXPECT_TRUE(ledger.lost_between(0, 10));
  EXPECT_TRUE(ledger.lost_between(12, 13));
  EXPECT_TRUE(ledger.lost_between(15, kEver));
  EXPECT_FALSE(ledger.lost_between(16, kEver));
}

TEST(Ledger, StacksHaveAnOrderButNoSequenceNumber) {
  Guest guest;
  guest.run(0, 3);
  guest.stack(0);
  guest.run(0, 3);
  guest.stack(1);
  guest.run(1, 3);
  EXPECT_TRUE(guest.report().complete()) << guest.ledger.json().dump(1);
}

TEST(Ledger, TheFirstSequenceNumberIsOne) {
  Guest guest;
  guest.drop(0, 2);
  guest.run(0, 3);
  const Ledger& ledger = guest.report();
  ASSERT_EQ(ledger.holes(0).size(), 1u);
  EXPECT_EQ(ledger.holes(0)[0].first, 1u);
  EXPECT_EQ(ledger.holes(0)[0].after, 0u);
  EXPECT_TRUE(ledger.lost_between(0, 1));
}

TEST(Ledger, SequenceNumbersWrap) {
  Guest guest;
  guest.ledger = Ledger();  // not from the start
  guest.start_at(0, 0xfffffffd);
  guest.run(0, 2);  // ..fe, ..ff
  guest.run(0, 2);  // 0, 1
  guest.drop(0, 3);
  guest.run(0, 3);
  EXPECT_EQ(guest.ledger.total(Counter::kSequenceMissing), 3u);
  EXPECT_EQ(guest.ledger.total(Counter::kSequenceRepeated), 0u);
  guest.report();
  EXPECT_EQ(guest.ledger.total(Counter::kTailMissing), 0u);
}

TEST(Ledger, AnInterruptedProgramComesLateAndIsNoLoss) {
  Guest guest;
  guest.run(0, 3);
  const auto outer = guest.take(0);
  guest.reserve(0, guest.take(0), BSC_CONTEXT_HARDIRQ);
  guest.reserve(0, guest.take(0), BSC_CONTEXT_HARDIRQ);
  EXPECT_TRUE(guest.ledger.lost_between(0, kEver)) << "open until it comes";
  guest.reserve(0, outer);
  guest.run(0, 3);
  const Ledger& ledger = guest.report();
  EXPECT_TRUE(ledger.complete()) << ledger.json().dump(1);
  EXPECT_FALSE(ledger.lost_between(0, kEver));
}

TEST(Ledger, NestedInterruptionsUnwindInAnyShape) {
  Guest guest;
  guest.run(0, 3);
  const auto task = guest.take(0);
  const auto soft = guest.take(0);
  guest.drop(0);
  const auto hard = guest.take(0);
  guest.reserve(0, guest.take(0), BSC_CONTEXT_NMI);
  guest.reserve(0, hard, BSC_CONTEXT_HARDIRQ);
  guest.reserve(0, soft, BSC_CONTEXT_SOFTIRQ);
  guest.reserve(0, task);
  guest.run(0, 3);
  const Ledger& ledger = guest.report();
  ASSERT_EQ(ledger.holes(0).size(), 1u);
  EXPECT_EQ(ledger.holes(0)[0].first, 6u);
  EXPECT_EQ(ledger.holes(0)[0].count(), 1u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u);
}

TEST(Ledger, AHoleMayBeFilledInItsMiddle) {
  Guest guest;
  guest.run(0, 1);
  const auto first = guest.take(0);
  const auto middle = guest.take(0);
  const auto last = guest.take(0);
  guest.run(0, 1);
  guest.reserve(0, middle);
  EXPECT_EQ(guest.ledger.holes(0).size(), 2u);
  EXPECT_EQ(guest.ledger.total(Counter::kSequenceMissing), 2u);
  guest.reserve(0, last);
  guest.reserve(0, first);
  EXPECT_TRUE(guest.report().complete());
}

TEST(Ledger, AFilledHoleLeavesTheOthersTheirIntervals) {
  Guest guest;
  guest.run(0, 2);
  const auto preempted = guest.take(0);
  guest.run(0, 1);  // order 3 closes the hole
  guest.reserve(0, preempted);
  guest.drop(0);
  guest.reserve(0, guest.take(0), BSC_CONTEXT_SOFTIRQ);
  guest.run(0, 1);  // 6
  ASSERT_EQ(guest.ledger.holes(0).size(), 1u);
  EXPECT_EQ(guest.ledger.holes(0)[0].before, 6u);

  guest.drop(0);
  const auto middle = guest.take(0);
  guest.drop(0);
  guest.run(0, 1);  // 7
  guest.reserve(0, middle);
  ASSERT_EQ(guest.ledger.holes(0).size(), 3u);
  EXPECT_EQ(guest.ledger.holes(0)[1].before, 7u);
  EXPECT_EQ(guest.ledger.holes(0)[2].before, 7u);
}

TEST(Ledger, TheIntervalReachesWhereTheLossCanHaveBeen) {
  // The lost program was interrupted; what interrupted it came through. Only the next record in
  // task context surely came after the loss.
  Guest guest;
  guest.run(0, 3);  // 1..3
  guest.drop(0);
  for (int i = 0; i < 4; ++i) guest.reserve(0, guest.take(0), BSC_CONTEXT_SOFTIRQ);  // 4..7
  EXPECT_EQ(guest.ledger.holes(0)[0].before, kEver);
  guest.run(0, 3);  // 8..10
  guest.report();
  EXPECT_EQ(guest.ledger.holes(0)[0].after, 2u);
  EXPECT_EQ(guest.ledger.holes(0)[0].before, 8u);
}

TEST(Ledger, ARepeatedSequenceNumberIsDamage) {
  Guest guest;
  guest.run(0, 3);
  guest.reserve(0, 2);
  guest.reserve(0, 0);
  EXPECT_EQ(guest.ledger.total(Counter::kSequenceRepeated), 2u);
  EXPECT_FALSE(guest.report().complete());
}

TEST(Ledger, RecordsLostOnTheirWayAreHolesInTheOrder) {
  Guest guest;
  guest.run(0, 5);
  guest.lose(0);
  guest.lose(1);
  guest.run(1, 1);
  guest.run(0, 5);
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kOrdersMissing), 2u);
  EXPECT_EQ(ledger.total(Counter::kSequenceMissing), 2u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u);
  EXPECT_EQ(ledger.lost(), 2u);
  EXPECT_TRUE(ledger.lost_between(5, 8));
}

TEST(Ledger, TheTailIsKnownFromTheReport) {
  Guest guest;
  guest.run(0, 5);
  guest.run(1, 5);
  guest.drop(0, 4);
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kTailMissing), 4u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u);
  EXPECT_FALSE(ledger.complete());
  EXPECT_TRUE(ledger.lost_between(9, kEver));
  EXPECT_TRUE(ledger.lost_between(6, 7)) << "CPU 0 may have dropped at any time after order 4";
  EXPECT_FALSE(ledger.lost_between(0, 4));
}

TEST(Ledger, ACpuWithoutAnyRecordHasATailToo) {
  Guest guest(3);
  guest.run(0, 5);
  guest.drop(2, 4);
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kTailMissing), 4u);
  EXPECT_TRUE(ledger.lost_between(1, 2));
}

TEST(Ledger, RecordsThatWereSentButAreNotThereAtTheEnd) {
  Guest guest;
  guest.run(0, 5);
  guest.lose(0);
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kOrdersMissing), 1u);
  EXPECT_EQ(ledger.total(Counter::kTailMissing), 1u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u);
  EXPECT_FALSE(ledger.lost_between(0, 4));
  EXPECT_TRUE(ledger.lost_between(5, kEver));
}

TEST(Ledger, WithoutAReportOnlyTheEndIsOpen) {
  Guest guest;
  guest.run(0, 5);
  EXPECT_FALSE(guest.ledger.complete());
  EXPECT_THAT(guest.ledger.reasons(),
              ElementsAre("the guest's own report of its losses never came"));
  EXPECT_FALSE(guest.ledger.lost_between(1, 5));
  EXPECT_TRUE(guest.ledger.lost_between(5, kEver));
}

TEST(Ledger, WithoutAReportTheTracesOwnCountOfDropsIsUsed) {
  Guest guest;
  guest.run(0, 5);
  guest.ledger.discarded(0, 7);
  EXPECT_EQ(guest.ledger.total(Counter::kRecordsDropped), 7u);
}

TEST(Ledger, DropsWithoutAHoleCanBeAnywhere) {
  Guest guest;
  guest.run(0, 5);
  guest.loss.dropped["bio_endio"] = {0, 2};
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 2u);
  EXPECT_TRUE(ledger.lost_between(1, 2));
}

TEST(Ledger, HolesWithoutADropCanBeAnywhere) {
  Guest guest;
  guest.run(0, 5);
  guest.forget(0);
  guest.run(0, 5);
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kSequenceMissing), 1u);
  EXPECT_EQ(ledger.total(Counter::kUnexplained), 1u);
}

TEST(Ledger, AMissedCallCanBeAnywhere) {
  Guest guest;
  guest.run(0, 5);
  guest.loss.misses = {{"bio_endio", 2}, {"bio_put", 0}};
  const Ledger& ledger = guest.report();
  EXPECT_EQ(ledger.total(Counter::kMisses), 2u);
  EXPECT_TRUE(ledger.lost_between(1, 2));
  ASSERT_EQ(ledger.reasons().size(), 1u);
  EXPECT_THAT(ledger.reasons()[0], HasSubstr("2 (2 bio_endio)"));
}

TEST(Ledger, LostStacksAreGoodToKnowAndNoLoss) {
  Guest guest;
  guest.run(0, 5);
  guest.loss.stacks_lost = 9;
  const Ledger& ledger = guest.report();
  EXPECT_TRUE(ledger.complete());
  EXPECT_EQ(ledger.total(Counter::kStacksLost), 9u);
  EXPECT_EQ(ledger.json()["counters"]["stacks_lost"], 9);
  EXPECT_THAT(ledger.reasons(), IsEmpty());
}

TEST(Ledger, AReportOfAWildGuestIsTakenAsItIs) {
  Guest guest;
  guest.run(0, 5);
  wire::Loss loss;
  loss.dropped["nonsense"] = std::vector<std::uint64_t>(1000, kEver);
  loss.taken.assign(1000, kEver);
  loss.records = kEver;
  guest.ledger.report(loss);
  EXPECT_FALSE(guest.ledger.complete());
  EXPECT_TRUE(guest.ledger.lost_between(1, 2));
  EXPECT_FALSE(guest.ledger.json().dump().empty());
  EXPECT_FALSE(guest.ledger.reasons().empty());
}

TEST(Ledger, NotesAreKeptUpToALimitAndCountedBeyond) {
  Ledger ledger;
  for (int i = 0; i < 1000; ++i) ledger.note(Counter::kRecordsDamaged, fmt::format("place {}", i));
  EXPECT_EQ(ledger.total(Counter::kRecordsDamaged), 1000u);
  EXPECT_LT(ledger.entries().size(), 50u);
  EXPECT_THAT(ledger.reasons().back(),
              HasSubstr("1000 (1 place 0; 1 place 1; 1 place 2; 1 place 3; 1 place 4; ...)"));
}

TEST(Ledger, ManyHolesAreListedUpToALimit) {
  Guest guest;
  for (int i = 0; i < 5000; ++i) {
    guest.run(0);
    guest.drop(0);
  }
  guest.run(0);
  const auto json = guest.report().json();
  EXPECT_EQ(json["counters"]["sequence_missing"], 5000);
  EXPECT_EQ(json["holes"].size(), 100u);
  EXPECT_EQ(json["lost"], 5000);
}

// A model that knows every loss holds the ledger's answers to it.
TEST(Ledger, NoLossIsEverOutsideOfWhatItCallsLost) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    Guest guest(3);
    struct Lost {
      std::uint64_t after;
      std::uint64_t before;
    };
    std::vector<Lost> losses;
    for (int i = 0; i < 300; ++i) {
      const unsigned cpu = random() % 3;
      if (random() % 10 == 0) {
        losses.push_back({guest.order(), guest.order() + 1});
        guest.drop(cpu, 1 + random() % 3);
      } else if (random() % 10 == 0) {
        guest.lose(cpu);
        losses.push_back({guest.order() - 1, guest.order() + 1});
      } else if (random() % 5 == 0) {
        // An interruption, in which the interrupted record, or those that interrupt, may drop.
        const bool outer_drops = random() % 3 == 0;
        const std::uint64_t before_all = guest.order();
        std::uint32_t outer = 0;
        if (outer_drops)
          guest.drop(cpu);
        else
          outer = guest.take(cpu);
        for (std::uint64_t n = 1 + random() % 4; n > 0; --n) {
          if (random() % 4 == 0) {
            losses.push_back({guest.order(), guest.order() + 1});
            guest.drop(cpu);
          } else {
            guest.reserve(cpu, guest.take(cpu), BSC_CONTEXT_SOFTIRQ);
          }
        }
        if (outer_drops)
          losses.push_back({guest.order(), guest.order() + 1});
        else
          guest.reserve(cpu, outer);
        ASSERT_GE(guest.order(), before_all);
      } else {
        guest.run(cpu);
      }
    }
    const Ledger& ledger = guest.report();
    EXPECT_EQ(ledger.total(Counter::kUnexplained), 0u) << seed;
    EXPECT_EQ(ledger.total(Counter::kSequenceRepeated), 0u) << seed;
    for (const Lost& lost : losses)
      EXPECT_TRUE(ledger.lost_between(lost.after, lost.before))
          << "seed " << seed << " after order " << lost.after;
  }
}

}  // namespace
}  // namespace bioscope::evidence
