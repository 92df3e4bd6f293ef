// SPDX-License-Identifier: GPL-2.0-only
// Ledger: everything that a trace lacks or that is wrong with it, and where. The reader fills it
// while it reads, the guest's own report is added once; complete() and lost_between() then tell a
// verdict what the evidence can carry. Nothing here touches files.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "guest/wire/message.h"
#include "harness/evidence/schema.h"

namespace bioscope::evidence {

// Orders, both ends included.
struct OrderRange {
  std::uint64_t first = 1;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  friend bool operator==(const OrderRange&, const OrderRange&) = default;
};

enum class Severity {
  kInfo,    // good to know; no verdict depends on it
  kLoss,    // something is not there
  kDamage,  // something is there that the writer did not write
};

// X(Enumerator, name, Severity, meaning): each counter once.
#define BSC_LEDGER(X)                                                                            \
  X(kRecordsDropped, "records_dropped", kLoss,                                                   \
    "records for which the guest's ring had no room, as the guest counted them")                 \
  X(kSequenceMissing, "sequence_missing", kLoss, "sequence numbers of a CPU that no record has") \
  X(kTailMissing, "tail_missing", kLoss,                                                         \
    "sequence numbers that the guest took after the last record of a CPU")                       \
  X(kOrdersMissing, "orders_missing", kLoss,                                                     \
    "records that the guest had put in order and that the trace does not hold")                  \
  X(kMisses, "recursion_misses", kLoss,                                                          \
    "calls that a program did not see because it had interrupted itself; anywhere in the trace") \
  X(kUnexplained, "drops_unexplained", kLoss,                                                    \
    "difference between what the guest dropped and what is missing; anywhere in the trace")      \
  X(kReportMissing, "report_missing", kLoss, "the guest's own report of its losses never came")  \
  X(kStreamsOpen, "streams_open", kLoss, "streams that were never closed")                       \
  X(kPacketsMissing, "packets_missing", kLoss, "packets cut out of the middle of a stream")      \
  X(kStreamsCut, "streams_cut", kDamage, "files that end within a packet")                       \
  X(kFilesRefused, "files_refused", kDamage, "files in the trace that could not be read")        \
  X(kPacketsDamaged, "packets_damaged", kDamage, "packets that were not read")                   \
  X(kRecordsDamaged, "records_damaged", kDamage, "records that make no sense in their packet")   \
  X(kOrdersBackwards, "orders_backwards", kDamage, "records whose order does not rise")          \
  X(kSequenceRepeated, "sequence_repeated", kDamage, "records whose sequence number was taken")  \
  X(kStacksLost, "stacks_lost", kInfo, "records without the stack that was asked for")

enum class Counter {
#define BSC_X(enumerator, name, severity, meaning) enumerator,
  BSC_LEDGER(BSC_X)
#undef BSC_X
};

struct CounterInfo {
  Counter counter{};
  std::string_view name{};
  Severity severity{};
  std::string_view meaning{};
};
std::span<const CounterInfo> counters();
const CounterInfo& info(Counter counter);

// Sequence numbers of one CPU that are missing, and the orders between which that happened.
struct Hole {
  std::uint64_t first = 0;  // counted on beyond 32 bits
  std::uint64_t last = 0;
  std::uint64_t after = 0;
  std::uint64_t before = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t count() const { return last - first + 1; }
};

class Ledger {
 public:
  struct Entry {
    Counter counter{};
    std::uint64_t amount = 0;
    std::string where{};  // "cpu_1 at byte 4096: wrong checksum"
  };

  explicit Ledger(OrderRange range = {}) : range_(range) {}

  // ---- filled by the reader ----
  // This CPU is read from its very first record on: that has sequence number 1.
  void from_start(unsigned cpu) { cpus_[cpu].base = 1; }
  // A record, orders rising. Records just outside the range tell about losses at its ends.
  void seen(const bsc_record& record) {
    if (record.type != BSC_EVENT_STACK) numbered(record);  // stacks are added by the loader
    if (record.order < range_.first || record.order > range_.last) return;
    if (record.order != order_ + 1) [[unlikely]]
      gaps_.push_back({order_ + 1, record.order - 1});
    order_ = record.order;
  }
  // The trace's own count of records that the guest dropped on this CPU.
  void discarded(unsigned cpu, std::uint64_t total) { cpus_[cpu].discarded = total; }
  void note(Counter counter, std::string where, std::uint64_t amount = 1);

  // ---- filled from the control channel ----
  // Counts since the guest's first record; a later report replaces an earlier one.
  void report(const wire::Loss& loss) { report_ = loss; }

  // ---- asked when the trace is read ----
  bool complete() const;
  std::vector<Entry> entries() const;  // of all severities, none with amount 0
  std::uint64_t total(Counter counter) const;
  std::vector<std::string> reasons() const;     // one sentence each: why complete() is false
  std::uint64_t lost() const;                   // records known to be missing
  std::vector<Hole> holes(unsigned cpu) const;  // those that touch the range
  nlohmann::json json() const;

  // Whether a record may be missing that belongs after order `a` and before order `b`. Ask with
  // the highest number for "until the end". Without the guest's report the time after the last
  // record is open, what lies before is not.
  bool lost_between(std::uint64_t a, std::uint64_t b) const;

 private:
  static constexpr std::uint16_t kNested =
      BSC_CONTEXT_SOFTIRQ | BSC_CONTEXT_HARDIRQ | BSC_CONTEXT_NMI;

  struct Cpu {
    std::uint64_t base = 0;  // sequence number of the first record read; 0: none was read
    std::uint64_t next = 1;
    std::uint64_t task_last = 0;  // orders of its last two records in task context
    std::uint64_t task_before_last = 0;
    std::vector<Hole> holes{};
    std::size_t open = 0;  // holes from here on wait for their `before`
    std::uint64_t discarded = 0;
  };
  struct Noted {
    std::vector<Entry> first{};
    std::uint64_t more = 0;
  };

  void numbered(const bsc_record& record) {
    Cpu& cpu = cpus_[record.cpu];
    if (record.seq == static_cast<std::uint32_t>(cpu.next) && cpu.base != 0) [[likely]]
      ++cpu.next;
    else
      out_of_sequence(cpu, record);
    if (record.context & kNested) return;
    cpu.task_before_last = cpu.task_last;
    cpu.task_last = record.order;
    while (cpu.open < cpu.holes.size()) cpu.holes[cpu.open++].before = record.order;
  }
  void out_of_sequence(Cpu& cpu, const bsc_record& record);
  static bool fill(Cpu& cpu, std::uint64_t seq);
  bool touches(const Hole& hole) const;
  bool whole() const { return range_ == OrderRange{}; }
  bool to_the_end() const { return range_.last == OrderRange{}.last; }
  std::uint64_t tail(unsigned cpu) const;
  std::uint64_t orders_missing_at_end() const;
  std::uint64_t orders_missing() const;
  std::uint64_t missing(unsigned cpu) const;
  std::uint64_t unexplained() const;
  std::uint64_t dropped(unsigned cpu) const;
  bool end_is_known() const { return report_ && !noted_.contains(Counter::kStreamsOpen); }

  OrderRange range_;
  std::vector<Cpu> cpus_ = std::vector<Cpu>(BSC_MAX_CPUS);
  std::uint64_t order_ = range_.first - 1;  // of the last record within the range
  std::vector<OrderRange> gaps_;
  std::map<Counter, Noted> noted_;
  std::optional<wire::Loss> report_;
};

}  // namespace bioscope::evidence
