// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console_report.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

namespace bioscope::evidence {
namespace {

using std::string_view;

constexpr std::size_t kMaxLines = 512;
constexpr std::size_t kMaxLineBytes = 1024;
constexpr std::size_t kMaxHead = 64;    // lines before the stack
constexpr std::size_t kMaxMaybe = 12;   // the same where there need not be a stack
constexpr std::size_t kMaxForeign = 8;  // lines of others within one stack
constexpr std::size_t kKeptFrames = 16;
constexpr std::size_t kKeyFrames = 5;

bool contains(string_view text, string_view part) { return text.find(part) != text.npos; }

bool starts_with_any(string_view text, std::initializer_list<string_view> starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [text](string_view start) { return text.starts_with(start); });
}

// "RAX: 0000000000000000 RBX: ...", "CR2: ...", "FS:  ...", "RSP: 0018:..."
bool is_register(string_view text) {
  const auto colon = text.find(": ");
  const auto space = text.find(":  ");
  return (colon == 2 || colon == 3 || space == 2) && !text.starts_with("RIP") &&
         starts_with_any(text, {"R", "CR", "DR", "FS", "CS"});
}

bool is_trace_start(string_view text, string_view kind) {
  if (text == "Call Trace:" || text == " Call Trace:") return true;
  if (kind == "kcsan") return contains(text, " bytes by ") && text.ends_with(':');
  if (kind == "kfence")
    return text.ends_with(':') && starts_with_any(text, {"Out-of-bounds ", "Use-after-free ",
                                                         "Corrupted memory ", "Invalid "});
  if (kind == "kmemleak") return text.starts_with("  backtrace");
  return false;
}

// What follows a stack and still belongs to its report.
bool is_detail(string_view text, string_view kind) {
  if (is_register(text)) return true;
  if (starts_with_any(text, {"CPU: ", "Hardware name:", "Modules linked in:", "RIP: ", "Code: ",
                             "PKRU: ", "Tainted: ", "Workqueue: ", "note: ", " <", "[<",
                             "handlers:", "Disabling ", "FIX ", "Call Trace:", "---[ end trace"}))
    return true;
  if (is_stall(kind) && starts_with_any(text, {"rcu: ", "Sending NMI ", "NMI backtrace ", "task:"}))
    return true;
  Frame frame;
  return text.starts_with(' ') && parse_frame(text, frame);
}

// What comes behind "---[ end trace": die() repeats the registers.
bool is_tail(string_view text, bool died) {
  if (starts_with_any(text, {"FIX ", "note: ", "Disabling "})) return true;
  return died && (is_register(text) || starts_with_any(text, {"RIP: ", "Code: ", "PKRU: "}));
}

bool is_group_line(string_view text, string_view kind) {
  if (kind == "machine_check") return starts_with_any(text, {"mce: ", "[Hardware Error]"});
  if (kind == "workqueue_lockup")
    return starts_with_any(text, {"Showing ", "workqueue ", "  pwq ", "    ", "pool "}) ||
           is_detail(text, kind);
  return false;
}

}  // namespace

Report::Report(Header header, const ConsoleLine& line)
    : shape_(header.shape),
      expects_more_(header.more),
      cpu_(header.cpu),
      header_line_(line.number) {
  splat_.kind = header.kind;
  splat_.title = std::move(header.title);
  splat_.first_line = line.number;
  splat_.kernel_seconds = line.seconds;
  callers_.emplace_back(line.caller);
  append(line);
  header_end_ = splat_.text.size();
}

void Report::begin_at(std::size_t line, double seconds, string_view text) {
  splat_.first_line = line;
  splat_.kernel_seconds = seconds;
  splat_.text.insert(0, text);
  header_end_ += text.size();
}

bool Report::has_caller(string_view caller) const {
  return std::find(callers_.begin(), callers_.end(), caller) != callers_.end();
}

bool Report::shares_caller(const Report& other) const {
  return std::any_of(callers_.begin(), callers_.end(),
                     [&other](const std::string& caller) { return other.has_caller(caller); });
}

bool Report::continues_with(string_view text) const {
  return shape_ == Shape::kGroup && is_group_line(text, splat_.kind);
}

bool Report::is_complete() const {
  switch (shape_) {
    case Shape::kTrace: return stage_ == Stage::kTail || (splat_.corrupted && has_stack());
    case Shape::kBox: return false;
    case Shape::kStack: return has_stack();
    default: return true;
  }
}

void Report::append(const ConsoleLine& line) {
  died_ |= is_die_line(line.text);
  append_text(splat_.text, line.whole);
  splat_.last_line = line.number;
  ++lines_;
}

bool Report::belongs(string_view text) const {
  if (lines_ >= kMaxLines) return false;
  const string_view kind = splat_.kind;
  switch (shape_) {
    case Shape::kGroup: return is_group_line(text, kind);
    case Shape::kPanic: return lines_ < kMaxHead;
    case Shape::kMaybe:
      if (stage_ == Stage::kHead && lines_ >= kMaxMaybe) return false;
      break;
    default:
      // Lock chains and dumped objects are long.
      if (stage_ == Stage::kHead && lines_ >= kMaxHead && kind != "lockdep" && kind != "slab")
        return false;
      break;
  }
  if (stage_ == Stage::kTail) return is_tail(text, died_);
  const bool ends_with_stack = shape_ == Shape::kStack || shape_ == Shape::kMaybe;
  return stage_ != Stage::kBehind || !ends_with_stack || is_detail(text, kind);
}

bool Report::take(const ConsoleLine& line) {
  auto text = line.text;
  constexpr string_view kLeak = "kmemleak: ";  // on every line of its reports
  if (splat_.kind == "kmemleak" && text.starts_with(kLeak)) text.remove_prefix(kLeak.size());
  if (!belongs(text)) return false;
  const auto before = stage_;
  read(text);
  // The line that ends a stack may belong to somebody else.
  if (before == Stage::kStack && stage_ == Stage::kBehind && !belongs(text)) return false;
  append(line);
  return true;
}

// "    in-flight: 6:spin_work [provoke], 7(RESCUER):other": what occupies the workers.
void Report::read_in_flight(string_view text) {
  constexpr string_view kMark = "in-flight: ";
  const auto mark = text.find(kMark);
  if (mark == text.npos) return;
  text.remove_prefix(mark + kMark.size());
  const auto colon = text.find(':');
  if (colon == text.npos) return;
  const auto name = text.substr(colon + 1, text.find(',', colon) - colon - 1);
  task_.push_back({.name = std::string(name)});
}

void Report::read(string_view text) {
  if (shape_ == Shape::kGroup) read_in_flight(text);
  if (text.starts_with("CPU: ") && contains(text, " PID: ")) {
    const int cpu = number_after(text, "CPU: ");
    if (cpu_ >= 0 && cpu >= 0 && cpu != cpu_ && !is_stall(splat_.kind)) corrupt();
    if (cpu_ < 0) cpu_ = cpu;
  }
  if (stage_ == Stage::kHead) {
    if (is_trace_start(text, splat_.kind)) {
      stage_ = Stage::kStack;
    } else if (text.starts_with("RIP: 0010:") && culprit_.empty()) {
      culprit_ = symbol_at(text.substr(10));
    }
  } else if (stage_ == Stage::kStack) {
    read_stack(text);
  }
  if (text.starts_with("---[ end trace")) stage_ = Stage::kTail;
  if (text.starts_with("---[ end Kernel panic")) stage_ = Stage::kClosed;
  if (shape_ == Shape::kBox && is_box(text) && has_stack()) stage_ = Stage::kClosed;
}

void Report::read_stack(string_view text) {
  auto& frames = in_interrupt_ ? interrupt_ : task_;
  Frame frame;
  if (read_marker(text)) return;
  if (text.starts_with(' ') && parse_frame(text, frame)) {
    frames.push_back(std::move(frame));
  } else if (text.starts_with("RIP: 0010:")) {
    frames.push_back({.name = symbol_at(text.substr(10))});  // what an interrupt interrupted
  } else if (is_trace_start(text, splat_.kind)) {
    corrupt();  // somebody else's stack begins within this one
  } else if (!is_register(text) && !starts_with_any(text, {"RIP: ", "Code: "})) {
    if (!(in_task_ || in_interrupt_) || ++foreign_ > kMaxForeign) stage_ = Stage::kBehind;
  }
}

// " <TASK>", " </IRQ>"
bool Report::read_marker(string_view text) {
  if (!text.starts_with(" <") || !text.ends_with('>')) return false;
  const bool closes = text[2] == '/';
  const bool task = text.substr(closes ? 3 : 2).starts_with("TASK");
  auto& inside = task ? in_task_ : in_interrupt_;
  if (inside && !closes) corrupt();
  inside = !closes;
  return true;
}

std::vector<std::string> Report::frames() const {
  std::vector<Frame> all;
  if (!culprit_.empty()) all.push_back({.name = culprit_});
  // A stall is noticed in an interrupt; what that interrupted is what stalls.
  if (!is_stall(splat_.kind) || task_.empty())
    all.insert(all.end(), interrupt_.begin(), interrupt_.end());
  all.insert(all.end(), task_.begin(), task_.end());
  auto names = meaningful(all, kKeptFrames);
  names.erase(std::unique(names.begin(), names.end()), names.end());  // recursion
  return names;
}

Splat Report::finish() && {
  if (shape_ == Shape::kMaybe && !has_stack()) {
    splat_.text.resize(header_end_);
    splat_.last_line = header_line_;
  }
  const bool needs_stack =
      shape_ == Shape::kTrace || shape_ == Shape::kBox || shape_ == Shape::kStack;
  if (needs_stack && (!has_stack() || in_task_ || in_interrupt_)) corrupt();
  if (!splat_.corrupted) splat_.frames = frames();
  splat_.fingerprint = fingerprint_of(splat_);
  return std::move(splat_);
}

void append_text(std::string& text, string_view line) {
  text.append(line.substr(0, kMaxLineBytes)).push_back('\n');
}

std::string fingerprint_of(const Splat& splat) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(splat.frames.size(), kKeyFrames));
  const auto key = fmt::format("{}\n{}\n{}", splat.kind, splat.title,
                               fmt::join(splat.frames.begin(), splat.frames.begin() + count, "\n"));
  return fmt::format("{:016x}", XXH3_64bits(key.data(), key.size()));
}

bool is_box(string_view text) {
  return text.size() >= 20 && text.find_first_not_of('=') == text.npos;
}

std::string readable(const Splat& splat) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(splat.frames.size(), kKeyFrames));
  auto text = fmt::format("{} {}", splat.kind, splat.title);
  if (count > 0)
    text +=
        fmt::format(" @ {}", fmt::join(splat.frames.begin(), splat.frames.begin() + count, "<"));
  return text;
}

}  // namespace bioscope::evidence
