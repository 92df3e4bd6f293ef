// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "harness/evidence/console_kinds.h"
#include "harness/evidence/console_lines.h"
#include "harness/evidence/console_report.h"

namespace bioscope::evidence {
namespace {

using std::string_view;

constexpr std::size_t kMaxOpen = 8;      // reports within reports, announced or begun
constexpr std::size_t kMaxMessage = 12;  // lines between "cut here" and the report
constexpr string_view kCutHere = "------------[ cut here ]------------";

bool contains(string_view text, string_view part) { return text.find(part) != text.npos; }

class Parser {
 public:
  Parser(string_view bytes, const AllowList& allow) : reader_(bytes), allow_(allow) {}

  Console run() {
    ConsoleLine line;
    while (reader_.next(line)) {
      out_.facts.lines = line.number;
      note_loss(line.text);
      if (!line.kernel) continue;
      ++out_.facts.kernel_lines;
      note_facts(line);
      take(line);
    }
    finish_all();
    std::ranges::sort(out_.splats, {}, [](const Splat& splat) {
      return std::pair(splat.first_line, splat.last_line);
    });
    for (auto& splat : out_.splats) splat.allowed = allow_.reason(splat, out_.facts.release);
    return std::move(out_);
  }

 private:
  // "cut here" was printed, the first line of the report not yet.
  struct Announced {
    std::string caller{};
    std::size_t line = 0;
    std::size_t last_line = 0;
    double seconds = -1;
    std::string text{};
    std::string message{};  // what WARN() was given to say
    std::size_t lines = 0;
    bool mixed = false;  // another one came in between
  };

  // printk writes this line without a prefix, so it is taken from anybody: a forged one can only
  // make a verdict more careful.
  void note_loss(string_view text) {
    if (text.starts_with("** ") && text.ends_with(" printk messages dropped **"))
      out_.facts.dropped += static_cast<std::uint64_t>(std::max(0, number_after(text, "** ")));
  }

  void note_facts(const ConsoleLine& line) {
    auto& facts = out_.facts;
    const auto text = line.text;
    if (line.seconds >= 0) facts.last_kernel_seconds = line.seconds;
    if (text.starts_with("Linux version ") && line.seconds < 1) {
      finish_all();
      ++facts.boots;
      facts.kernel_started = true;
      const auto release = text.substr(14);
      facts.release = release.substr(0, release.find(' '));
    } else if (text.starts_with("Run ") && text.ends_with(" as init process")) {
      facts.init_started = true;
    } else if (text.starts_with("reboot: Restarting system")) {
      facts.restart_announced = true;
    } else if (text.starts_with("reboot: Power down") ||
               text.starts_with("reboot: System halted")) {
      facts.power_off_announced = true;
    } else if (contains(text, " invoked oom-killer: ")) {
      ++facts.out_of_memory;
    } else if (text.starts_with("CPU: ")) {
      note_taint(text);
    }
  }

  // "CPU: 0 PID: 9 Comm: x Tainted: G        W  OE      6.1.0 #1"
  void note_taint(string_view text) {
    constexpr string_view kMark = " Tainted: ";
    const auto mark = text.find(kMark);
    if (mark == text.npos) return;
    out_.facts.taint.clear();
    for (auto rest = text.substr(mark + kMark.size()); !rest.empty();) {
      const auto word = rest.substr(0, rest.find(' '));
      if (word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != word.npos) return;
      out_.facts.taint += word;
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
  }

  void take(const ConsoleLine& line) {
    const bool boxed = std::exchange(boxed_, is_box(line.text));
    if (line.text.starts_with(kCutHere)) return announce(line);
    if (take_message(line, boxed) || joins(line)) return;
    auto header = recognise(line.text, boxed, {});
    const auto* report = owner_of(line.caller);
    if (!header || (report != nullptr && report->continues_with(line.text))) return feed(line);
    open(line, std::move(*header), nullptr);
  }

  void announce(const ConsoleLine& line) {
    // List and slab debugging speak first and call BUG() or WARN() then.
    if (auto* report = owner_of(line.caller); report != nullptr && report->expects_more())
      return report->append(line);
    Announced announced{.caller = std::string(line.caller),
                        .line = line.number,
                        .last_line = line.number,
                        .seconds = line.seconds};
    append_text(announced.text, line.whole);
    for (auto& other : announced_)
      if (other.caller == line.caller) other.mixed = announced.mixed = true;
    if (announced_.size() == kMaxOpen) give_up(announced_.begin());
    announced_.push_back(std::move(announced));
  }

  bool take_message(const ConsoleLine& line, bool boxed) {
    const auto found =
        std::find_if(announced_.rbegin(), announced_.rend(),
                     [&](const auto& announced) { return announced.caller == line.caller; });
    if (found == announced_.rend()) return false;
    const auto it = std::prev(found.base());
    const auto text = line.text;
    if (text.starts_with("BUG: ") || text.starts_with("Kernel panic - ")) return false;
    if (text.starts_with("WARNING: ") || text.starts_with("kernel BUG at ") ||
        text.starts_with("UBSAN: ")) {
      if (auto header = recognise(text, boxed, it->message)) {
        const Announced announced = std::move(*it);
        announced_.erase(it);
        open(line, std::move(*header), &announced);
        return true;
      }
    }
    // Of two that came at once, one may wait for its turn while the other goes on.
    if (it->mixed && owner_of(line.caller) != nullptr) return false;
    append_text(it->text, line.whole);
    append_text(it->message, text);
    it->last_line = line.number;
    if (++it->lines == kMaxMessage) give_up(it);
    return true;
  }

  // "cut here" alone is still the kernel's word that it was about to complain.
  void give_up(std::vector<Announced>::iterator it) {
    const string_view message = it->message;
    const auto first = normalise(message.substr(0, message.find('\n')));
    Splat splat{.kind = "warn",
                .title = first.empty() ? "cut here" : fmt::format("cut here: {}", first),
                .first_line = it->line,
                .last_line = it->last_line,
                .kernel_seconds = it->seconds,
                .corrupted = true,
                .text = it->text};
    splat.fingerprint = fingerprint_of(splat);
    out_.splats.push_back(std::move(splat));
    announced_.erase(it);
  }

  // Some print several first lines for one report.
  bool joins(const ConsoleLine& line) {
    auto* report = owner_of(line.caller);
    if (report == nullptr || !report->expects_more()) return false;
    const bool next =
        is_die_line(line.text) ||
        (report->kind() == "list_corruption" && line.text.starts_with("kernel BUG at ")) ||
        (report->kind() == "slab" && line.text.starts_with("WARNING: "));
    if (next) report->append(line);
    return next;
  }

  void open(const ConsoleLine& line, Header header, const Announced* announced) {
    if (header.shape == Shape::kPanic) {
      // panic() does not come back, whatever it interrupted.
      while (auto* report = owner_of(line.caller)) finish(report);
      if (!out_.facts.panicked) out_.facts.panic_title = header.title;
      out_.facts.panicked = true;
    } else if (auto* report = owner_of(line.caller); report != nullptr && report->is_complete()) {
      finish(report);
    }
    if (open_.size() == kMaxOpen) {
      open_.front().corrupt();
      finish(&open_.front());
    }
    Report report(std::move(header), line);
    if (announced != nullptr) {
      report.begin_at(announced->line, announced->seconds, announced->text);
      if (announced->mixed) report.corrupt();
    }
    open_.push_back(std::move(report));
    compare_cpus();
  }

  void feed(const ConsoleLine& line) {
    while (auto* report = owner_or_adopter(line)) {
      if (!report->take(line)) {
        finish(report);
        continue;
      }
      if (report->is_closed())
        finish(report);
      else
        compare_cpus();
      return;
    }
  }

  // The innermost report that this context prints; without caller ids, the innermost.
  Report* owner_of(string_view caller) {
    for (auto& report : std::views::reverse(open_))
      if (report.has_caller(caller)) return &report;
    return nullptr;
  }

  // Another CPU prints its own backtrace into a report of a stall.
  Report* owner_or_adopter(const ConsoleLine& line) {
    if (auto* report = owner_of(line.caller)) return report;
    if (!line.text.starts_with("NMI backtrace for cpu")) return nullptr;
    for (auto& report : std::views::reverse(open_)) {
      if (!is_stall(report.kind())) continue;
      report.add_caller(line.caller);
      return &report;
    }
    return nullptr;
  }

  // A report within a report comes from the same CPU (a WARN() in an oops). From two CPUs their
  // lines are mixed and nobody can tell whose a line is.
  void compare_cpus() {
    for (std::size_t i = 1; i < open_.size(); ++i) {
      auto &outer = open_[i - 1], &inner = open_[i];
      if (outer.cpu() < 0 || inner.cpu() < 0 || outer.cpu() == inner.cpu()) continue;
      if (is_stall(outer.kind()) || is_stall(inner.kind())) continue;
      if (outer.shares_caller(inner)) {
        outer.corrupt();
        inner.corrupt();
      }
    }
  }

  void finish(Report* report) {
    const auto index = report - open_.data();
    out_.splats.push_back(std::move(*report).finish());
    open_.erase(open_.begin() + index);
  }

  void finish_all() {
    while (!announced_.empty()) give_up(announced_.begin());
    while (!open_.empty()) finish(&open_.back());
  }

  LineReader reader_;
  const AllowList& allow_;
  Console out_{};
  std::vector<Report> open_{};  // outermost first
  std::vector<Announced> announced_{};
  bool boxed_ = false;  // the line before was one of "="
};

}  // namespace

const std::vector<string_view>& splat_kinds() {
  // clang-format off
  static const std::vector<string_view> kinds = {
      "atomic_schedule", "atomic_sleep", "bad_page", "bug", "debugobjects", "divide_error",
      "double_fault", "general_protection", "hard_lockup", "hung_task", "invalid_opcode",
      "irq_unhandled", "kasan", "kcsan", "kfence", "kmemleak", "list_corruption", "lockdep",
      "machine_check", "null_deref", "oops", "page_fault", "panic", "percpu_ref", "rcu_stall",
      "refcount", "slab", "soft_lockup", "stack_guard", "sysfs_duplicate", "ubsan", "warn",
      "workqueue_lockup"};
  // clang-format on
  return kinds;
}

bool is_stall(string_view kind) {
  constexpr std::array kStalls = std::to_array<string_view>(
      {"rcu_stall", "soft_lockup", "hard_lockup", "hung_task", "workqueue_lockup"});
  return std::find(kStalls.begin(), kStalls.end(), kind) != kStalls.end();
}

bool is_oops(string_view kind) {
  constexpr std::array kOopses = std::to_array<string_view>(
      {"bug", "divide_error", "double_fault", "general_protection", "invalid_opcode",
       "list_corruption", "null_deref", "oops", "page_fault", "stack_guard"});
  return std::find(kOopses.begin(), kOopses.end(), kind) != kOopses.end();
}

Console parse_console(string_view bytes, const AllowList& allow) {
  return Parser(bytes, allow).run();
}

}  // namespace bioscope::evidence
