// SPDX-License-Identifier: GPL-2.0-only
// Writer and reader together: what goes in comes out, and babeltrace2 agrees.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "harness/evidence/packet.h"
#include "harness/evidence/trace_fixture.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trace_writer.h"

namespace bioscope::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const TraceInfo kInfo{.kernel_release = "6.1.0-56-amd64",
                      .kernel_build_id = "0123456789abcdef",
                      .scenario = "dm/linear"};

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

class Trace : public InDirectory {
 protected:
  std::filesystem::path path() const { return directory() / "trace"; }

  TraceWriter writer() {
    auto made = TraceWriter::create(path(), kInfo);
    if (!made) throw std::runtime_error(made.error().text());
    return std::move(*made);
  }

  // Writes and closes a trace of these records.
  void store(std::string_view records) {
    TraceWriter to = writer();
    const auto appended = to.append(records);
    ASSERT_TRUE(appended) << appended.error().text();
    ASSERT_TRUE(to.close());
  }

  TraceReader reader(OrderRange range = {}) {
    auto opened = TraceReader::open(path(), range);
    if (!opened) throw std::runtime_error(opened.error().text());
    return std::move(*opened);
  }

  // All records as bytes; the ledger is left in `ledger_`.
  std::string load(OrderRange range = {}) {
    TraceReader from = reader(range);
    std::string bytes;
    while (const bsc_record* record = from.next())
      bytes.append(reinterpret_cast<const char*>(record), record_size(record->type));
    ledger_ = from.ledger();
    return bytes;
  }

  // A report of a guest that lost nothing.
  wire::Loss report(const RecordSource& source, unsigned cpus = 4) const {
    wire::Loss loss;
    loss.records = source.order();
    for (unsigned cpu = 0; cpu < cpus; ++cpu)
      loss.taken.push_back(source.seq(static_cast<std::uint16_t>(cpu)));
    return loss;
  }

  Ledger ledger_;
};

TEST_F(Trace, EveryEventTypeComesBackByteForByte) {
  RecordSource source(1);
  std::string records;
  for (const EventType& type : event_types())
    records += source.next(type.number, static_cast<std::uint16_t>(type.number % 3));
  store(records);
  EXPECT_EQ(load(), records);
  ledger_.report(report(source));
  EXPECT_THAT(ledger_.reasons(), IsEmpty());
  EXPECT_TRUE(ledger_.complete());
}

TEST_F(Trace, BabeltraceReadsEveryEventType) {
  RecordSource source(1);
  std::string records;
  for (const EventType& type : event_types()) records += source.next(type.number, 0);
  store(records);
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.err, "");
  const auto shown = lines(seen.out);
  ASSERT_EQ(shown.size(), event_types().size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_THAT(shown[i], HasSubstr(fmt::format(" {}: ", event_types()[i].name)));
    EXPECT_THAT(shown[i], HasSubstr(fmt::format("order = {},", i + 1)));
    for (const Field& field : event_types()[i].fields)
      EXPECT_THAT(shown[i], HasSubstr(fmt::format(" {} = ", field.name)));
  }
}

TEST_F(Trace, BabeltraceShowsTheValuesThatWereWritten) {
  std::string bytes = filled_record(BSC_EVENT_BIO_ENDIO, {1, 1'000'000'005, 1, 2, 1});
  auto& record = *reinterpret_cast<bsc_record*>(bytes.data());
  record.tid = 41;
  record.tgid = 40;
  record.stack = -2;
  auto& event = *reinterpret_cast<bsc_event_bio_endio*>(&record + 1);
  event = {.bio = 0xffff888000001000,
           .end_io = 0xffffffff81234567,
           .private_data = 0xabc,
           .sector = 2048,
           .dev = 0x103,
           .status = 10,
           .remaining = -3,
           .flags = 1};
  store(bytes);
  const Babeltrace seen = babeltrace(path(), "--clock-seconds");
  EXPECT_EQ(seen.err, "");
  EXPECT_EQ(seen.out,
            "[1.000000005] (+?.\?\?\?\?\?\?\?\?\?) bio_endio: { cpu_id = 2 }, "
            "{ seq = 1, order = 1, tid = 41, tgid = 40, cpu = 2, context = 0x1, stack = -2, "
            "comm = \"dd\" }, "
            "{ bio = 0xFFFF888000001000, end_io = 0xFFFFFFFF81234567, private_data = 0xABC, "
            "sector = 2048, dev = 0x103, status = ( \"IOERR\" : container = 10 ), "
            "remaining = -3, flags = 0x1 }\n");
}

TEST_F(Trace, EmptyTraceHasNoStreams) {
  store("");
  EXPECT_EQ(load(), "");
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.out + seen.err, "");
}

TEST_F(Trace, ManyRecordsOfManyCpusComeBackInOrder) {
  RecordSource source(2);
  const std::string records = source.many(5000, 4);
  store(records);
  EXPECT_EQ(load(), records);
  ledger_.report(report(source));
  EXPECT_THAT(ledger_.reasons(), IsEmpty());
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(seen.err, "");
  EXPECT_EQ(lines(seen.out).size(), 5000u);
}

TEST_F(Trace, BatchesAndFlushesMayFallAnywhere) {
  RecordSource source(3);
  std::mt19937 random(3);
  std::string records;
  TraceWriter to = writer();
  for (int batch = 0; batch < 60; ++batch) {
    const std::string part = source.many(random() % 40, 3);
    ASSERT_TRUE(to.append(part));
    if (random() % 3 == 0) {
      ASSERT_TRUE(to.flush());
    }
    records += part;
  }
  ASSERT_TRUE(to.close());
  EXPECT_EQ(load(), records);
  EXPECT_EQ(babeltrace(path()).err, "");
}

TEST_F(Trace, TimesThatGoBackAreHeldWithinTheirStreamAlone) {
  std::string records;
  const std::uint64_t times[] = {500, 400, 450, 600};
  for (std::uint64_t i = 0; i < 4; ++i)
    records += filled_record(BSC_EVENT_BIO_PUT,
                             {i + 1, times[i], static_cast<std::uint32_t>(i + 1), 0, 0});
  records += filled_record(BSC_EVENT_BIO_PUT, {5, 100, 1, 1, 0});
  store(records);
  std::vector<std::uint64_t> shown;
  TraceReader from = reader();
  while (const bsc_record* record = from.next()) shown.push_back(record->time);
  EXPECT_THAT(shown, ElementsAre(500, 500, 500, 600, 100));
  EXPECT_EQ(babeltrace(path()).err, "");
}

TEST_F(Trace, TimesAreHeldAcrossPackets) {
  TraceWriter to = writer();
  ASSERT_TRUE(to.append(filled_record(BSC_EVENT_BIO_PUT, {1, 900, 1, 0, 0})));
  ASSERT_TRUE(to.flush());
  ASSERT_TRUE(to.append(filled_record(BSC_EVENT_BIO_PUT, {2, 100, 2, 0, 0})));
  ASSERT_TRUE(to.close());
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.err, "");
  EXPECT_EQ(lines(seen.out).size(), 2u);
}

TEST_F(Trace, BabeltraceReportsDiscardedEventsItself) {
  RecordSource source(4);
  TraceWriter to = writer();
  ASSERT_TRUE(to.append(source.next(BSC_EVENT_BIO_PUT, 0)));
  ASSERT_TRUE(to.flush());
  for (int i = 0; i < 7; ++i) source.drop(0);
  ASSERT_TRUE(to.append(source.next(BSC_EVENT_BIO_PUT, 0)));
  ASSERT_TRUE(to.discarded(0, 7));
  ASSERT_TRUE(to.close());
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.status, 0);
  EXPECT_THAT(seen.err, HasSubstr("Tracer discarded 7 events"));
  EXPECT_EQ(lines(seen.err).size(), 1u) << seen.err;
  load();
  EXPECT_EQ(ledger_.total(Counter::kRecordsDropped), 7u);
  EXPECT_EQ(ledger_.total(Counter::kSequenceMissing), 7u);
}

TEST_F(Trace, ACpuThatOnlyDiscardedHasAStream) {
  TraceWriter to = writer();
  ASSERT_TRUE(to.append(filled_record(BSC_EVENT_BIO_PUT, {1, 900, 1, 0, 0})));
  ASSERT_TRUE(to.discarded(1, 5));
  ASSERT_TRUE(to.discarded(2, 0));
  ASSERT_TRUE(to.close());
  EXPECT_FALSE(std::filesystem::exists(path() / "cpu_2"));
  load();
  EXPECT_EQ(ledger_.total(Counter::kRecordsDropped), 5u);
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(lines(seen.out).size(), 1u);
  EXPECT_THAT(seen.err, HasSubstr("Tracer discarded 5 events"));
  EXPECT_EQ(lines(seen.err).size(), 1u) << seen.err;
}

TEST_F(Trace, RealTimeIsShownWhenItIsKnown) {
  TraceInfo info = kInfo;
  info.realtime_offset_ns = 1'700'000'000'000'000'000;
  {
    auto to = TraceWriter::create(path(), info);
    ASSERT_TRUE(to);
    ASSERT_TRUE(to->append(filled_record(BSC_EVENT_BIO_PUT, {1, 5'000'000'000, 1, 0, 0})));
    ASSERT_TRUE(to->close());
  }
  const Babeltrace seen = babeltrace(path(), "--clock-seconds");
  EXPECT_THAT(seen.out, HasSubstr("[1700000005.000000000]"));
  EXPECT_EQ(seen.err, "");
}

TEST_F(Trace, ReaderTellsWhatTheTraceSaysOfItself) {
  store("");
  const TraceReader from = reader();
  EXPECT_EQ(from.info().kernel_release, kInfo.kernel_release);
  EXPECT_EQ(from.info().scenario, kInfo.scenario);
}

TEST_F(Trace, OneDirectoryHoldsOneTrace) {
  store("");
  const auto again = TraceWriter::create(path(), kInfo);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().blame, Blame::kUsage);
  EXPECT_THAT(again.error().what, HasSubstr("holds a trace already"));
}

TEST_F(Trace, NothingGoesIntoAClosedTrace) {
  RecordSource source(5);
  TraceWriter to = writer();
  ASSERT_TRUE(to.close());
  const auto late = to.append(source.next(1));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().what, HasSubstr("is closed"));
}

TEST_F(Trace, GarbageOfTheGuestIsRefusedAndWhatCameBeforeIsKept) {
  RecordSource source(6);
  const std::string good = source.next(BSC_EVENT_BIO_PUT, 0);
  TraceWriter to = writer();
  const auto refused = [&](std::string bad) {
    const auto result = to.append(bad);
    return result ? std::string("accepted") : result.error().what;
  };
  std::string unknown = filled_record(BSC_EVENT_BIO_PUT, {2, 0, 0, 0, 0});
  reinterpret_cast<bsc_record*>(unknown.data())->type = 200;
  EXPECT_EQ(refused(good + unknown), "trace channel: unknown event 200 at byte 72 of a batch");
  EXPECT_THAT(refused(std::string(10, 'x')), HasSubstr("after 10 bytes"));
  const std::string whole = filled_record(BSC_EVENT_BIO_PUT, {2, 0, 0, 0, 0});
  EXPECT_THAT(refused(whole.substr(0, whole.size() - 1)), HasSubstr("ends within a record"));
  EXPECT_THAT(refused(filled_record(BSC_EVENT_BIO_PUT, {2, 0, 0, BSC_MAX_CPUS, 0})),
              HasSubstr("names CPU 64"));
  EXPECT_THAT(refused(good), HasSubstr("order 1 comes after order 1"));
  EXPECT_THAT(to.discarded(BSC_MAX_CPUS, 1).error().what, HasSubstr("names CPU 64"));
  ASSERT_TRUE(to.close());
  EXPECT_EQ(load(), good);
}

TEST_F(Trace, AFullDiskLeavesAReadableTraceAndTheFirstErrorStands) {
  RecordSource source(7);
  const std::string records = source.many(2000, 1);
  struct rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto* ignored = ::signal(SIGXFSZ, SIG_IGN);
  {
    TraceWriter to = writer();
    const struct rlimit small{.rlim_cur = 5 * kPacketBytes + 100, .rlim_max = old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto first = to.append(records);
    const auto second = to.append(source.next(1));
    const auto closed = to.close();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().blame, Blame::kHost);
    EXPECT_EQ(first.error().os_error, EFBIG);
    EXPECT_THAT(first.error().what, HasSubstr("cpu_0"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().what, first.error().what);
    EXPECT_FALSE(closed);
  }
  ::signal(SIGXFSZ, ignored);
  EXPECT_EQ(std::filesystem::file_size(path() / "cpu_0"), 5 * kPacketBytes);
  const std::string kept = load();
  EXPECT_GT(kept.size(), 4 * kPacketBytes);
  EXPECT_EQ(records.substr(0, kept.size()), kept);
  EXPECT_EQ(ledger_.total(Counter::kStreamsOpen), 1u);
  EXPECT_EQ(babeltrace(path()).err, "");
}

TEST_F(Trace, AKilledWriterLeavesWhatItFlushed) {
  RecordSource source(8);
  const std::string flushed = source.many(500, 3);
  const std::string unflushed = source.many(5, 3);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto to = TraceWriter::create(path(), kInfo);
    if (to && to->append(flushed) && to->flush() && to->append(unflushed)) ::raise(SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(load(), flushed);
  EXPECT_EQ(ledger_.total(Counter::kStreamsOpen), 3u);
  EXPECT_FALSE(ledger_.complete());
  const Babeltrace seen = babeltrace(path());
  EXPECT_EQ(seen.err, "");
  EXPECT_EQ(lines(seen.out).size(), 500u);
}

TEST_F(Trace, AWriterKilledAtAnyMomentLeavesAReadableTrace) {
  for (int round = 0; round < 8; ++round) {
    std::filesystem::remove_all(path());
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto to = TraceWriter::create(path(), kInfo);
      RecordSource source(9);
      while (to && to->append(source.many(200, 2)) && to->flush()) continue;
      ::_exit(1);
    }
    ::usleep(static_cast<useconds_t>(20'000 + 1'700 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (!std::filesystem::exists(path() / "cpu_1")) continue;
    const Babeltrace seen = babeltrace(path(), "-c sink.utils.counter");
    EXPECT_EQ(seen.status, 0);
    EXPECT_EQ(seen.err, "");
    load();
    EXPECT_EQ(ledger_.total(Counter::kStreamsCut), 0u);
    EXPECT_EQ(ledger_.total(Counter::kPacketsDamaged), 0u);
  }
}

TEST_F(Trace, ADestroyedWriterFlushesButDoesNotClose) {
  RecordSource source(10);
  const std::string records = source.many(50, 2);
  {
    TraceWriter to = writer();
    ASSERT_TRUE(to.append(records));
  }
  EXPECT_EQ(load(), records);
  EXPECT_EQ(ledger_.total(Counter::kStreamsOpen), 2u);
}

TEST_F(Trace, AnyRangeOfOrdersCanBeReadAlone) {
  RecordSource source(11);
  std::vector<std::string> each;
  for (int i = 0; i < 1000; ++i) each.push_back(source.next(3));
  std::string all;
  for (const auto& record : each) all += record;
  store(all);
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t first = 1 + random() % 1000;
    const std::uint64_t last = first + random() % (1001 - first);
    std::string wanted;
    for (std::uint64_t order = first; order <= last; ++order) wanted += each[order - 1];
    EXPECT_EQ(load({first, last}), wanted) << first << ".." << last;
    ledger_.report(report(source));
    EXPECT_THAT(ledger_.reasons(), IsEmpty()) << first << ".." << last;
  }
}

TEST_F(Trace, ARangeBehindTheEndIsMissing) {
  RecordSource source(12);
  store(source.many(10, 1));
  EXPECT_EQ(load({11, 20}), "");
  EXPECT_EQ(ledger_.total(Counter::kOrdersMissing), 10u);
  EXPECT_TRUE(ledger_.lost_between(11, 20));
}

TEST_F(Trace, ARangeKnowsOnlyOfLossesThatTouchIt) {
  RecordSource source(13);
  std::string records = source.many(500, 2);
  source.drop(0);
  source.drop(0);
  const std::uint64_t lost_after = source.order();
  records += source.many(500, 2);
  store(records);
  load({1, lost_after - 100});
  ledger_.report({});
  EXPECT_TRUE(ledger_.complete()) << ledger_.json().dump(1);
  load({lost_after + 100, 1000});
  ledger_.report({});
  EXPECT_TRUE(ledger_.complete()) << ledger_.json().dump(1);
  load({lost_after - 100, lost_after + 100});
  ledger_.report({});
  EXPECT_EQ(ledger_.total(Counter::kSequenceMissing), 2u);
}

}  // namespace
}  // namespace bioscope::evidence
