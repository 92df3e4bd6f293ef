// SPDX-License-Identifier: GPL-2.0-only
// Hostile traces: the reader never crashes, never loops, never shows a record that was not written,
// and its ledger never calls a trace complete that lacks one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "harness/evidence/packet.h"
#include "harness/evidence/trace_fixture.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trace_writer.h"

namespace bioscope::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kEver = OrderRange{}.last;

class DamagedTrace : public InDirectory {
 protected:
  std::filesystem::path path() const { return directory() / "trace"; }
  std::filesystem::path file(unsigned cpu) const { return path() / fmt::format("cpu_{}", cpu); }

  void SetUp() override {
    InDirectory::SetUp();
    write(1, 400, 2);
  }

  void write(std::uint64_t seed, std::size_t count, unsigned cpus) {
    std::filesystem::remove_all(path());
    RecordSource source(seed);
    written_.clear();
    auto to = TraceWriter::create(path(), {.scenario = "x"});
    ASSERT_TRUE(to);
    for (std::size_t i = 0; i < count; ++i) {
      written_.push_back(source.next(cpus));
      ASSERT_TRUE(to->append(written_.back()));
    }
    ASSERT_TRUE(to->close());
    loss_ = {};
    loss_.records = count;
    for (unsigned cpu = 0; cpu < cpus; ++cpu)
      loss_.taken.push_back(source.seq(static_cast<std::uint16_t>(cpu)));
  }

  // Reads all; checks what must hold of any trace. Returns the orders seen.
  std::vector<std::uint64_t> read(bool as_written = true) {
    std::vector<std::uint64_t> orders;
    auto from = TraceReader::open(path());
    if (!from) {
      ADD_FAILURE() << from.error().text();
      return orders;
    }
    std::uint64_t last = 0;
    while (const bsc_record* record = from->next()) {
      EXPECT_GT(record->order, last);
      last = record->order;
      orders.push_back(last);
      const std::string bytes(reinterpret_cast<const char*>(record), record_size(record->type));
      if (as_written) {
        EXPECT_LE(last, written_.size());
        if (last <= written_.size()) {
          EXPECT_EQ(bytes, written_[last - 1]);
        }
      }
      if (orders.size() > 2 * written_.size() + 10) {
        ADD_FAILURE() << "the reader does not end";
        break;
      }
    }
    ledger_ = from->ledger();
    ledger_.report(loss_);
    return orders;
  }

  void edit(unsigned cpu, const std::function<void(std::string&)>& change) {
    std::string bytes = read_file(file(cpu)).value();
    change(bytes);
    ASSERT_TRUE(write_file(file(cpu), bytes));
  }

  // Changes a packet and seals it again, as only somebody who knows the format can.
  void forge(unsigned cpu, std::size_t index, const std::function<void(Packet&)>& change) {
    edit(cpu, [&](std::string& bytes) {
      auto& packet = reinterpret_cast<Packet*>(bytes.data())[index];
      change(packet);
      packet.checksum = checksum(packet);
    });
  }

  static bsc_record& record(Packet& packet, std::size_t index) {
    char* at = packet.records;
    while (index-- > 0) at += record_size(reinterpret_cast<bsc_record*>(at)->type);
    return *reinterpret_cast<bsc_record*>(at);
  }

  // Of the records that were written and not seen, those that have a sequence number.
  std::uint64_t numbered_missing(const std::vector<std::uint64_t>& seen) const {
    std::uint64_t missing = 0;
    for (const std::string& bytes : written_) {
      const auto& head = *reinterpret_cast<const bsc_record*>(bytes.data());
      missing += head.type != BSC_EVENT_STACK && !std::ranges::binary_search(seen, head.order);
    }
    return missing;
  }

  std::string where(Counter counter) const {
    std::string out;
    for (const auto& entry : ledger_.entries())
      if (entry.counter == counter) out += entry.where + "\n";
    return out;
  }

  std::vector<std::string> written_;
  wire::Loss loss_;
  Ledger ledger_;
};

TEST_F(DamagedTrace, IsCompleteBeforeTheDamage) {
  EXPECT_EQ(read().size(), 400u);
  EXPECT_TRUE(ledger_.complete()) << ledger_.json().dump(1);
  EXPECT_FALSE(ledger_.lost_between(0, kEver));
  EXPECT_EQ(ledger_.lost(), 0u);
}

TEST_F(DamagedTrace, OneFlippedBitCostsOnePacketAndNamesIt) {
  edit(1, [](std::string& bytes) { bytes[2 * kPacketBytes + 1000] ^= 4; });
  const auto orders = read();
  EXPECT_LT(orders.size(), 400u);
  EXPECT_GT(orders.size(), 340u);
  EXPECT_EQ(where(Counter::kPacketsDamaged), "cpu_1 at byte 8192: wrong checksum\n");
  EXPECT_EQ(ledger_.lost(), 400 - orders.size());
  EXPECT_EQ(ledger_.total(Counter::kOrdersMissing), 400 - orders.size());
  EXPECT_EQ(ledger_.total(Counter::kSequenceMissing), numbered_missing(orders));
  EXPECT_EQ(ledger_.total(Counter::kUnexplained), 0u);
  EXPECT_FALSE(ledger_.complete());
  // The loss has a place: findings elsewhere stand.
  EXPECT_FALSE(ledger_.lost_between(0, 10));
  EXPECT_TRUE(ledger_.lost_between(0, kEver));
  EXPECT_FALSE(ledger_.lost_between(390, 400));
}

TEST_F(DamagedTrace, ACutFileIsReadToItsLastWholePacket) {
  edit(0, [](std::string& bytes) { bytes.resize(2 * kPacketBytes + 17); });
  read();
  EXPECT_EQ(where(Counter::kStreamsCut), "cpu_0 at byte 8192: 17 bytes of a packet\n");
  EXPECT_EQ(where(Counter::kStreamsOpen), "cpu_0\n");
  EXPECT_GT(ledger_.total(Counter::kTailMissing), 0u);
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, ACutBetweenPacketsIsSeenToo) {
  edit(0, [](std::string& bytes) { bytes.resize(2 * kPacketBytes); });
  read();
  EXPECT_EQ(ledger_.total(Counter::kStreamsCut), 0u);
  EXPECT_EQ(where(Counter::kStreamsOpen), "cpu_0\n");
  EXPECT_GT(ledger_.total(Counter::kTailMissing), 0u);
  EXPECT_TRUE(ledger_.lost_between(0, kEver));
}

TEST_F(DamagedTrace, AMissingStreamIsSeenByItsOrdersAndItsTail) {
  std::filesystem::remove(file(1));
  const auto orders = read();
  EXPECT_EQ(ledger_.total(Counter::kOrdersMissing), 400 - orders.size());
  EXPECT_EQ(ledger_.total(Counter::kTailMissing), numbered_missing(orders));
  EXPECT_EQ(ledger_.total(Counter::kUnexplained), 0u);
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, AnEmptyStreamFileIsAnOpenStream) {
  edit(1, [](std::string& bytes) { bytes.clear(); });
  read();
  EXPECT_EQ(where(Counter::kStreamsOpen), "cpu_1\n");
}

TEST_F(DamagedTrace, APacketCutOutOfTheMiddleIsCounted) {
  edit(0, [](std::string& bytes) { bytes.erase(kPacketBytes, kPacketBytes); });
  read();
  EXPECT_EQ(ledger_.total(Counter::kPacketsMissing), 1u);
  EXPECT_EQ(where(Counter::kPacketsMissing), "cpu_0 at byte 4096\n");
}

TEST_F(DamagedTrace, ARepeatedPacketIsReadOnce) {
  edit(0, [](std::string& bytes) { bytes.insert(kPacketBytes, bytes.substr(0, kPacketBytes)); });
  EXPECT_EQ(read().size(), 400u);
  EXPECT_THAT(where(Counter::kPacketsDamaged), HasSubstr("a packet out of sequence"));
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, APacketOfAnotherTraceIsNotRead) {
  const std::string other = read_file(file(0)).value();
  write(1, 400, 2);
  edit(0, [&](std::string& bytes) { bytes.replace(0, kPacketBytes, other, 0, kPacketBytes); });
  read();
  EXPECT_EQ(where(Counter::kPacketsDamaged), "cpu_0 at byte 0: a packet of another trace\n");
}

TEST_F(DamagedTrace, AStreamUnderAnotherNameIsNotRead) {
  std::filesystem::rename(file(1), file(5));
  EXPECT_LT(read().size(), 400u);
  EXPECT_THAT(where(Counter::kPacketsDamaged),
              HasSubstr("cpu_5 at byte 0: a packet of another CPU"));
}

TEST_F(DamagedTrace, OtherFilesAreNamedAndLeftAlone) {
  for (const char* name : {"notes.txt", "cpu_", "cpu_00", "cpu_64", "cpu_1x", "cpu_-1"})
    ASSERT_TRUE(write_file(path() / name, "hello"));
  ASSERT_EQ(::mkfifo((path() / "cpu_9").c_str(), 0600), 0);
  ASSERT_TRUE(make_directories(path() / "cpu_8"));
  EXPECT_EQ(read().size(), 400u);
  EXPECT_EQ(ledger_.total(Counter::kFilesRefused), 8u) << where(Counter::kFilesRefused);
}

TEST_F(DamagedTrace, NoMetadataIsAUsageError) {
  std::filesystem::remove(path() / "metadata");
  const auto opened = TraceReader::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().blame, Blame::kUsage);
  EXPECT_THAT(opened.error().what, HasSubstr("is no trace"));
  const auto nowhere = TraceReader::open(directory() / "nowhere");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().blame, Blame::kUsage);
}

TEST_F(DamagedTrace, ForeignOrCutMetadataIsAUsageError) {
  ASSERT_TRUE(write_file(path() / "metadata", "/* CTF 1.8 */\n"));
  const auto opened = TraceReader::open(path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().blame, Blame::kUsage);
  EXPECT_THAT(opened.error().what, HasSubstr("metadata cannot be used: it was not written by"));
}

// ---- well sealed nonsense ----

TEST_F(DamagedTrace, ImpossibleSizesAreRefused) {
  for (const std::uint64_t size :
       {std::uint64_t{0}, kEmptyContent - 64, kEmptyContent + 8, std::uint64_t{kPacketBytes * 8},
        std::uint64_t{1} << 40, ~std::uint64_t{0}, ~std::uint64_t{63}}) {
    write(1, 400, 2);
    forge(0, 1, [&](Packet& packet) { packet.content_size = size; });
    read();
    EXPECT_EQ(where(Counter::kPacketsDamaged),
              "cpu_0 at byte 4096: a packet of an impossible size\n")
        << size;
  }
  write(1, 400, 2);
  forge(0, 1, [](Packet& packet) { packet.packet_size = std::uint64_t{1} << 50; });
  read();
  EXPECT_THAT(where(Counter::kPacketsDamaged), HasSubstr("impossible size"));
}

TEST_F(DamagedTrace, AnUnknownEventEndsItsPacket) {
  forge(0, 1, [](Packet& packet) { record(packet, 2).type = 250; });
  read();
  EXPECT_THAT(where(Counter::kRecordsDamaged), HasSubstr(": unknown event 250\n"));
  EXPECT_GT(ledger_.total(Counter::kSequenceMissing), 0u);
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, ARecordMayNotCrossTheEndOfItsPacket) {
  forge(0, 1, [](Packet& packet) {
    packet.content_size = kEmptyContent + (record_size(record(packet, 0).type) - 8) * 8;
  });
  read();
  EXPECT_THAT(where(Counter::kRecordsDamaged), HasSubstr("the record crosses the end"));
  write(1, 400, 2);
  forge(0, 1, [](Packet& packet) { packet.content_size = kEmptyContent + 40 * 8; });
  read();
  EXPECT_EQ(where(Counter::kRecordsDamaged),
            "cpu_0 at byte 4176: only 40 bytes are left for a record\n");
}

TEST_F(DamagedTrace, ARecordOfAnotherCpuIsLeftOut) {
  forge(0, 1, [](Packet& packet) { record(packet, 2).cpu = 63; });
  EXPECT_EQ(read().size(), 399u);
  EXPECT_THAT(where(Counter::kRecordsDamaged), HasSubstr(": of CPU 63 with order "));
}

TEST_F(DamagedTrace, OrdersThatGoBackAreLeftOut) {
  forge(0, 1, [](Packet& packet) { record(packet, 2).order = 1; });
  EXPECT_EQ(read().size(), 399u);
  EXPECT_EQ(ledger_.total(Counter::kOrdersBackwards), 1u);
  EXPECT_EQ(ledger_.total(Counter::kOrdersMissing), 1u);
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, OfTwoRecordsOfOneOrderOneIsLeftOut) {
  std::uint64_t other = 0;
  std::uint64_t replaced = 0;
  forge(1, 0, [&](Packet& packet) { other = record(packet, 9).order; });
  forge(0, 0, [&](Packet& packet) {
    // The last record of CPU 0 before `other` takes its order.
    for (std::size_t i = 0;; ++i) {
      auto& next = record(packet, i + 1);
      if (next.order > other || next.type == 0) {
        replaced = record(packet, i).order;
        record(packet, i).order = other;
        break;
      }
    }
  });
  ASSERT_NE(replaced, 0u);
  EXPECT_EQ(read(false).size(), 399u);
  EXPECT_THAT(where(Counter::kOrdersBackwards), HasSubstr("is there twice"));
  EXPECT_FALSE(ledger_.complete());
}

TEST_F(DamagedTrace, AHugeOrderDoesNotHideTheRest) {
  forge(0, 1, [](Packet& packet) { record(packet, 2).order = kEver - 1; });
  EXPECT_GT(read(false).size(), 200u);
  EXPECT_GT(ledger_.total(Counter::kOrdersBackwards), 0u);
  EXPECT_FALSE(ledger_.complete());
  write(1, 400, 2);
  forge(0, 1, [](Packet& packet) { record(packet, 2).order = kEver; });
  EXPECT_EQ(read().size(), 399u);
  EXPECT_EQ(ledger_.total(Counter::kRecordsDamaged), 1u);
}

TEST_F(DamagedTrace, ARepeatedSequenceNumberIsDamage) {
  forge(0, 1, [](Packet& packet) { record(packet, 2).seq = record(packet, 1).seq; });
  EXPECT_EQ(read(false).size(), 400u);
  EXPECT_EQ(ledger_.total(Counter::kSequenceRepeated), 1u);
  EXPECT_FALSE(ledger_.complete());
}

// ---- properties ----

std::string any_damage(std::mt19937_64& random, std::string bytes) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const std::size_t pages = bytes.size() / kPacketBytes;
  const std::size_t page = below(pages) * kPacketBytes;
  switch (random() % 9) {
    case 0:
      for (std::uint64_t i = 0, n = 1 + below(8); i < n; ++i)
        bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
      break;
    case 1: bytes.resize(below(bytes.size())); break;
    case 2: bytes.append(1 + below(9000), static_cast<char>(random())); break;
    case 3: {
      const std::size_t from = below(bytes.size());
      const std::size_t length = std::min<std::size_t>(below(9000), bytes.size() - from);
      bytes.replace(from, length, length, '\0');
      break;
    }
    case 4: bytes.erase(page, kPacketBytes); break;
    case 5: bytes.insert(below(pages) * kPacketBytes, bytes.substr(page, kPacketBytes)); break;
    case 6:
      std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(page),
                       bytes.begin() + static_cast<std::ptrdiff_t>(page + kPacketBytes),
                       bytes.begin() + static_cast<std::ptrdiff_t>(below(pages) * kPacketBytes));
      break;
    case 7: bytes.erase(below(bytes.size()), 1 + below(100)); break;
    case 8: bytes.insert(below(bytes.size()), 1 + below(100), static_cast<char>(random())); break;
  }
  return bytes;
}

TEST_F(DamagedTrace, NoDamageInventsARecordOrHidesALoss) {
  std::mt19937_64 random(20);
  for (int round = 0; round < 500; ++round) {
    if (round % 100 == 0) write(100 + static_cast<std::uint64_t>(round), 600, 3);
    const unsigned cpu = random() % 3;
    const std::string before = read_file(file(cpu)).value();
    const std::string after = any_damage(random, before);
    ASSERT_TRUE(write_file(file(cpu), after));
    const auto orders = read();
    if (orders.size() < written_.size()) {
      EXPECT_FALSE(ledger_.complete()) << "round " << round;
      EXPECT_TRUE(ledger_.lost_between(0, kEver)) << "round " << round;
      EXPECT_EQ(ledger_.lost(), written_.size() - orders.size()) << "round " << round;
      // Each missing record lies in an interval that the ledger calls lost.
      for (std::uint64_t order = 1, at = 0; order <= written_.size(); ++order) {
        if (at < orders.size() && orders[at] == order)
          ++at;
        else
          EXPECT_TRUE(ledger_.lost_between(order - 1, order + 1)) << "round " << round;
      }
    } else if (after != before) {
      EXPECT_FALSE(ledger_.complete()) << "round " << round;
    }
    ASSERT_TRUE(write_file(file(cpu), before));
    if (HasFailure()) return;
  }
}

TEST_F(DamagedTrace, NoForgeryMakesTheReaderLoopOrLeaveItsPacket) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 500; ++round) {
    if (round % 300 == 0) write(200 + static_cast<std::uint64_t>(round), 300, 2);
    const unsigned cpu = random() % 2;
    const std::string before = read_file(file(cpu)).value();
    forge(cpu, random() % (before.size() / kPacketBytes), [&](Packet& packet) {
      char* bytes = reinterpret_cast<char*>(&packet);
      for (std::uint64_t i = 0, n = 1 + random() % 20; i < n; ++i)
        bytes[24 + random() % (kPacketBytes - 24)] = static_cast<char>(random());
    });
    read(false);
    ledger_.reasons();
    ledger_.lost_between(random() % 400, random() % 400);
    ASSERT_TRUE(write_file(file(cpu), before));
    const std::uint64_t first = 1 + random() % 300;
    auto range = TraceReader::open(path(), {first, first + random() % 100});
    ASSERT_TRUE(range);
    while (range->next() != nullptr) continue;
    if (HasFailure()) return;
  }
}

TEST_F(DamagedTrace, MutatedMetadataIsReadOrRefused) {
  std::mt19937_64 random(22);
  const std::string before = read_file(path() / "metadata").value();
  for (int round = 0; round < 2000; ++round) {
    std::string after = before;
    for (std::uint64_t i = 0, n = 1 + random() % 5; i < n; ++i)
      after[random() % after.size()] = static_cast<char>(random());
    if (random() % 4 == 0) after.resize(random() % after.size());
    const auto parsed = parse_metadata(after);
    if (!parsed) {
      EXPECT_EQ(parsed.error().blame, Blame::kUsage);
    }
  }
}

}  // namespace
}  // namespace bioscope::evidence
