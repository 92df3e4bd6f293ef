// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace bioscope::evidence {
namespace {

constexpr CounterInfo kCounters[] = {
#define BSC_X(enumerator, name, severity, meaning) \
  {Counter::enumerator, name, Severity::severity, meaning},
    BSC_LEDGER(BSC_X)
#undef BSC_X
};

constexpr std::size_t kNotesKept = 20;   // of each counter; the rest is only counted
constexpr std::size_t kPlacesNamed = 5;  // in a sentence
constexpr std::size_t kHolesListed = 100;
// A program that was interrupted between taking its number and reserving its record comes late by
// what the interruption recorded; older holes stay holes.
constexpr std::ptrdiff_t kLateHoles = 256;

std::uint64_t count(const std::vector<Hole>& holes) {
  std::uint64_t sum = 0;
  for (const Hole& hole : holes) sum += hole.count();
  return sum;
}

std::string between(std::uint64_t after, std::uint64_t before) {
  if (before == Hole{}.before) return fmt::format("after order {}", after);
  return fmt::format("between orders {} and {}", after, before);
}

}  // namespace

std::span<const CounterInfo> counters() { return kCounters; }

const CounterInfo& info(Counter counter) { return kCounters[static_cast<std::size_t>(counter)]; }

void Ledger::out_of_sequence(Cpu& cpu, const bsc_record& record) {
  if (cpu.base == 0) {
    cpu.base = std::max<std::uint64_t>(record.seq, 1);
    cpu.next = cpu.base + 1;
    return;
  }
  const auto ahead = static_cast<std::int32_t>(record.seq - static_cast<std::uint32_t>(cpu.next));
  if (ahead > 0) {
    const std::uint64_t last = cpu.next + static_cast<std::uint64_t>(ahead) - 1;
    // The lost program may have interrupted the one before it, which then reserved first: the
    // last record that surely came before the loss is the one before that in task context. After
    // the loss surely comes what next runs in task context (seen() closes the hole).
    cpu.holes.push_back({.first = cpu.next, .last = last, .after = cpu.task_before_last});
    cpu.next = last + 2;
    return;
  }
  const auto behind = static_cast<std::uint64_t>(-static_cast<std::int64_t>(ahead));
  const std::uint64_t seq = behind < cpu.next ? cpu.next - behind : 0;
  if (seq < cpu.base && cpu.base > 1) return;  // taken before this reading began
  if (!fill(cpu, seq))
    note(Counter::kSequenceRepeated,
         fmt::format("{} on CPU {} at order {}", record.seq, record.cpu, record.order));
}

bool Ledger::fill(Cpu& cpu, std::uint64_t seq) {
  auto& holes = cpu.holes;
  const auto oldest = holes.end() - std::min(kLateHoles, std::ssize(holes));
  const auto hole =
      std::partition_point(oldest, holes.end(), [&](const Hole& each) { return each.last < seq; });
  if (hole == holes.end() || hole->first > seq) return false;
  const bool closed = static_cast<std::size_t>(hole - holes.begin()) < cpu.open;
  if (hole->first == hole->last) {
    holes.erase(hole);
    cpu.open -= closed;
  } else if (seq == hole->first) {
    ++hole->first;
  } else if (seq == hole->last) {
    --hole->last;
  } else {
    Hole lower = *hole;
    lower.last = seq - 1;
    hole->first = seq + 1;
    holes.insert(hole, lower);
    cpu.open += closed;
  }
  return true;
}

void Ledger::note(Counter counter, std::string where, std::uint64_t amount) {
  Noted& noted = noted_[counter];
  if (noted.first.size() < kNotesKept)
    noted.first.push_back({counter, amount, std::move(where)});
  else
    noted.more += amount;
}

bool Ledger::touches(const Hole& hole) const {
  return (range_.first == 1 || hole.before > range_.first) && hole.after < range_.last;
}

std::vector<Hole> Ledger::holes(unsigned cpu) const {
  std::vector<Hole> out;
  std::ranges::copy_if(cpus_[cpu].holes, std::back_inserter(out),
                       [this](const Hole& hole) { return touches(hole); });
  return out;
}

// Sequence numbers are compared in the 32 bits that records have.
std::uint64_t Ledger::tail(unsigned cpu) const {
  if (!report_ || !to_the_end() || cpu >= report_->taken.size()) return 0;
  const Cpu& state = cpus_[cpu];
  if (state.base == 0) return range_.first == 1 ? report_->taken[cpu] : 0;
  const auto ahead = static_cast<std::int32_t>(static_cast<std::uint32_t>(report_->taken[cpu]) -
                                               static_cast<std::uint32_t>(state.next - 1));
  return ahead > 0 ? static_cast<std::uint64_t>(ahead) : 0;
}

std::uint64_t Ledger::orders_missing_at_end() const {
  if (!to_the_end()) return range_.last > order_ ? range_.last - order_ : 0;
  return report_ && report_->records > order_ ? report_->records - order_ : 0;
}

std::uint64_t Ledger::orders_missing() const {
  std::uint64_t sum = orders_missing_at_end();
  for (const OrderRange& gap : gaps_) sum += gap.last - gap.first + 1;
  return sum;
}

std::uint64_t Ledger::dropped(unsigned cpu) const {
  if (!report_) return cpus_[cpu].discarded;
  std::uint64_t sum = 0;
  for (const auto& [event, per_cpu] : report_->dropped)
    if (cpu < per_cpu.size()) sum += per_cpu[cpu];
  return sum;
}

std::uint64_t Ledger::missing(unsigned cpu) const { return count(holes(cpu)) + tail(cpu); }

// Every missing sequence number must be a drop or a record whose order is missing too.
std::uint64_t Ledger::unexplained() const {
  if (!report_ || !whole()) return 0;
  std::uint64_t without_hole = 0;
  std::uint64_t holes_sum = 0;
  std::uint64_t explained = orders_missing();
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    const std::uint64_t drops = dropped(cpu);
    const std::uint64_t missed = missing(cpu);
    holes_sum += missed;
    explained += drops;
    if (drops > missed) without_hole += drops - missed;
  }
  return without_hole + (holes_sum > explained ? holes_sum - explained : 0);
}

std::vector<Ledger::Entry> Ledger::entries() const {
  std::vector<Entry> out;
  const auto add = [&](Counter counter, std::uint64_t amount, std::string where) {
    if (amount != 0) out.push_back({counter, amount, std::move(where)});
  };
  if (whole() && report_) {
    for (const auto& [event, per_cpu] : report_->dropped)
      for (std::size_t cpu = 0; cpu < per_cpu.size(); ++cpu)
        add(Counter::kRecordsDropped, per_cpu[cpu], fmt::format("{} on CPU {}", event, cpu));
  } else if (whole()) {
    for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu)
      add(Counter::kRecordsDropped, cpus_[cpu].discarded, fmt::format("on CPU {}", cpu));
  }
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    const auto found = holes(cpu);
    if (!found.empty())
      add(Counter::kSequenceMissing, count(found),
          fmt::format("on CPU {}{} {}", cpu,
                      found.size() > 1 ? fmt::format(" in {} places, the first", found.size()) : "",
                      between(found.front().after, found.front().before)));
    add(Counter::kTailMissing, tail(cpu), fmt::format("on CPU {}", cpu));
  }
  std::uint64_t more_gaps = 0;
  for (std::size_t i = 0; i < gaps_.size(); ++i) {
    const std::uint64_t amount = gaps_[i].last - gaps_[i].first + 1;
    if (i < kNotesKept)
      add(Counter::kOrdersMissing, amount, fmt::format("from order {}", gaps_[i].first));
    else
      more_gaps += amount;
  }
  add(Counter::kOrdersMissing, more_gaps, "elsewhere");
  add(Counter::kOrdersMissing, orders_missing_at_end(), fmt::format("after order {}", order_));
  if (report_) {
    for (const auto& [program, misses] : report_->misses) add(Counter::kMisses, misses, program);
    add(Counter::kStacksLost, report_->stacks_lost, {});
  } else {
    add(Counter::kReportMissing, 1, {});
  }
  add(Counter::kUnexplained, unexplained(), {});
  for (const auto& [counter, noted] : noted_) {
    out.insert(out.end(), noted.first.begin(), noted.first.end());
    add(counter, noted.more, "elsewhere");
  }
  std::ranges::stable_sort(out, {}, &Entry::counter);
  return out;
}

std::uint64_t Ledger::total(Counter counter) const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries())
    if (entry.counter == counter) sum += entry.amount;
  return sum;
}

bool Ledger::complete() const {
  return std::ranges::all_of(entries(), [](const Entry& entry) {
    return info(entry.counter).severity == Severity::kInfo;
  });
}

std::vector<std::string> Ledger::reasons() const {
  std::vector<std::string> out;
  const auto all = entries();
  for (const CounterInfo& counter : kCounters) {
    if (counter.severity == Severity::kInfo) continue;
    std::uint64_t sum = 0;
    std::size_t found = 0;
    std::string places;
    for (const Entry& entry : all) {
      if (entry.counter != counter.counter) continue;
      sum += entry.amount;
      if (++found <= kPlacesNamed && !entry.where.empty())
        places += fmt::format("{}{} {}", places.empty() ? "" : "; ", entry.amount, entry.where);
    }
    if (found == 0) continue;
    if (found > kPlacesNamed) places += "; ...";
    if (counter.counter == Counter::kReportMissing)
      out.emplace_back(counter.meaning);
    else
      out.push_back(fmt::format("{}: {}{}", counter.meaning, sum,
                                places.empty() ? "" : fmt::format(" ({})", places)));
  }
  return out;
}

std::uint64_t Ledger::lost() const {
  std::uint64_t numbers = 0;
  std::uint64_t counted = orders_missing();
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    numbers += missing(cpu);
    if (whole()) counted += dropped(cpu);
  }
  return std::max(numbers, counted);
}

bool Ledger::lost_between(std::uint64_t a, std::uint64_t b) const {
  if (total(Counter::kMisses) != 0 || unexplained() != 0) return true;
  if (b > order_ && (orders_missing_at_end() != 0 || (to_the_end() && !end_is_known())))
    return true;
  const auto gap =
      std::ranges::partition_point(gaps_, [a](const OrderRange& each) { return each.last <= a; });
  if (gap != gaps_.end() && gap->first < b) return true;
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    const auto& holes = cpus_[cpu].holes;
    const auto hole =
        std::ranges::partition_point(holes, [a](const Hole& each) { return each.before <= a; });
    if (hole != holes.end() && hole->after < b) return true;
    if (tail(cpu) != 0 && cpus_[cpu].task_before_last < b) return true;
  }
  return false;
}

nlohmann::json Ledger::json() const {
  nlohmann::json out{{"complete", complete()},
                     {"lost", lost()},
                     {"counters", nlohmann::json::object()},
                     {"entries", nlohmann::json::array()},
                     {"holes", nlohmann::json::array()},
                     {"reasons", reasons()}};
  for (const Entry& entry : entries()) {
    const std::string name(info(entry.counter).name);
    auto& sum = out["counters"][name];
    sum = (sum.is_null() ? 0 : sum.get<std::uint64_t>()) + entry.amount;
    out["entries"].push_back({{"counter", name}, {"amount", entry.amount}, {"where", entry.where}});
  }
  for (unsigned cpu = 0; cpu < cpus_.size(); ++cpu) {
    for (const Hole& hole : holes(cpu)) {
      if (out["holes"].size() == kHolesListed) break;
      nlohmann::json listed{{"cpu", cpu}, {"count", hole.count()}, {"after", hole.after}};
      if (hole.before != Hole{}.before) listed["before"] = hole.before;
      out["holes"].push_back(std::move(listed));
    }
  }
  return out;
}

}  // namespace bioscope::evidence
