// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <fmt/core.h>

namespace bioscope::report {
namespace {

using verdict::Verdict;

constexpr std::chrono::milliseconds kRedraw{100};

std::size_t width_of(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

// What a kernel or a workload said must not move the cursor of whoever reads it.
std::string printable(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return plain;
}

// The verdict of a run, with what a meta scenario declares.
std::string label(const verdict::RunResult& run) {
  std::string text(verdict::name(run.verdict()));
  if (run.expected.empty()) return text;
  return text + (run.as_expected() ? " (as declared)" : " (declared " + run.expected + ")");
}

}  // namespace

Terminal::Terminal(std::FILE* out)
    : out_(out),
      live_(::isatty(::fileno(out)) != 0 && std::getenv("TERM") != nullptr),
      colour_(live_ && std::getenv("NO_COLOR") == nullptr) {}

Terminal::~Terminal() { clear(); }

std::string Terminal::coloured(std::string_view text, Verdict verdict) const {
  if (!colour_) return std::string(text);
  const char* code = verdict == Verdict::kPass   ? "32"
                     : verdict == Verdict::kFail ? "31"
                     : verdict == Verdict::kSkip ? "90"
                                                 : "33";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Terminal::clear() {
  for (; drawn_ > 0; --drawn_) fmt::print(out_, "\x1b[1A\x1b[2K");
  std::fflush(out_);
}

void Terminal::redraw() {
  if (!live_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_draw_ < kRedraw) return;
  last_draw_ = now;
  clear();
  const std::size_t width = width_of(out_);
  for (const auto& [number, machine] : machines_) {
    const double seconds = std::chrono::duration<double>(now - machine.since).count();
    std::string line = fmt::format("[{}/{}] {} #{} {} {:.1f} s", done_, planned_, machine.scenario,
                                   machine.trial, machine.step, seconds);
    if (machine.progress != 0) line += fmt::format(", {} steps", machine.progress);
    fmt::print(out_, "{}\n", line.substr(0, width - 1));
    ++drawn_;
  }
  std::fflush(out_);
}

void Terminal::planned(std::size_t trials) { planned_ = trials; }

void Terminal::started(unsigned machine, const std::string& scenario, unsigned trial) {
  machines_[machine] = {.scenario = scenario,
                        .trial = trial,
                        .step = "boot",
                        .since = std::chrono::steady_clock::now()};
  redraw();
}

void Terminal::heard(unsigned machine, const wire::ToHost& message) {
  Machine& state = machines_[machine];
  if (const auto* phase = std::get_if<wire::Phase>(&message)) state.step = printable(phase->name);
  if (const auto* beat = std::get_if<wire::Heartbeat>(&message)) state.progress = beat->progress;
  redraw();
}

void Terminal::finished(unsigned machine, const std::string& scenario,
                        const verdict::TrialResult& result) {
  machines_.erase(machine);
  ++done_;
  clear();
  std::string line = fmt::format("{:>{}}/{} {:<12} {} #{}{}  {:.1f} s", done_,
                                 std::to_string(planned_).size(), planned_,
                                 verdict::name(result.verdict), scenario, result.number,
                                 result.attempt != 0 ? " (retry)" : "", result.seconds);
  if (!result.reasons.empty()) line += "  " + printable(result.reasons.front());
  const std::size_t width = live_ ? width_of(out_) - 1 : 160;
  fmt::print(out_, "{}\n", coloured(line.substr(0, width), result.verdict));
  std::fflush(out_);
  last_draw_ = {};
  redraw();
}

void Terminal::summary(std::span<const verdict::RunResult> runs) {
  machines_.clear();
  clear();
  std::size_t widest = 8;
  for (const auto& run : runs) widest = std::max(widest, run.scenario.size());
  fmt::print(out_, "\n{:<{}}  {:<28} {:>7} {:>8} {:>9} {:>6}\n", "SCENARIO", widest, "VERDICT",
             "TRIALS", "SECONDS", "EVENTS", "LOST");
  std::map<Verdict, std::size_t> counts;
  for (const auto& run : runs) {
    const Verdict verdict = run.effective();
    ++counts[verdict];
    fmt::print(out_, "{:<{}}  {} {:>7} {:>8.1f} {:>9} {:>6}\n", run.scenario, widest,
               coloured(fmt::format("{:<28}", label(run)), verdict), run.trials.size(),
               run.seconds, run.events(), run.lost());
  }
  for (const auto& run : runs) {
    if (run.effective() == Verdict::kPass) continue;
    fmt::print(out_, "\n{} {}\n", coloured(label(run), run.effective()), run.scenario);
    const auto worst = std::ranges::find(run.trials, run.verdict(), &verdict::TrialResult::verdict);
    if (worst != run.trials.end()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(worst->reasons.size(), 4); ++i)
        fmt::print(out_, "  {}\n", printable(worst->reasons[i]));
      if (!worst->findings.empty())
        for (std::size_t i = 0; i < std::min<std::size_t>(worst->findings[0].frames.size(), 8); ++i)
          fmt::print(out_, "    at {}\n", printable(worst->findings[0].frames[i]));
      fmt::print(out_, "  record: {}\n", worst->directory.empty() ? run.directory
                                                                 : worst->directory);
    }
    if (!run.replay.empty()) fmt::print(out_, "  again:  {}\n", run.replay);
  }
  std::string line;
  for (const auto& [verdict, count] : counts)
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, verdict::name(verdict));
  fmt::print(out_, "\n{}\n", line.empty() ? "nothing ran" : line);
  std::fflush(out_);
}

}  // namespace bioscope::report
