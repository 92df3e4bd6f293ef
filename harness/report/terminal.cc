// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ranges>
#include <string_view>

#include <fmt/core.h>

#include "harness/report/text.h"

namespace bioscope::report {
namespace {

using verdict::RunResult;
using verdict::Verdict;

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kPlainWidth = 160;
constexpr std::size_t kMostText = 400;
constexpr std::size_t kMostReasons = 4;
constexpr std::size_t kMostFrames = 8;

std::size_t width_of(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

bool is_live(std::FILE* out) {
  const char* term = std::getenv("TERM");
  return ::isatty(::fileno(out)) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  return no == nullptr || *no == '\0';
}

std::string tally(const std::map<Verdict, std::size_t>& counts) {
  std::string line;
  for (const auto& [verdict, count] : counts)
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, verdict::name(verdict));
  return line.empty() ? "nothing ran" : line;
}

// Of the findings, as a meta scenario declares it.
std::string first_kind(const RunResult& run) {
  for (const verdict::TrialResult& trial : run.trials)
    if (!trial.findings.empty()) return trial.findings[0].kind;
  return {};
}

// How the trials ended, if there is more than one.
std::string trials_of(const RunResult& run) {
  std::map<Verdict, std::size_t> counts;
  for (const verdict::TrialResult& trial : run.trials) ++counts[trial.verdict];
  return tally(counts);
}

// The verdict of a run, with what a meta scenario declares.
std::string label(const RunResult& run) {
  std::string text(verdict::name(run.verdict()));
  if (run.expected.empty()) return text;
  if (run.as_expected()) return text + " (as declared)";
  if (run.verdict() == Verdict::kFail && !run.expected_finding.empty())
    if (const auto kind = first_kind(run); !kind.empty()) text += " of " + kind;
  text += " (declared " + run.expected;
  if (!run.expected_finding.empty()) text += " of " + run.expected_finding;
  return text + ')';
}

}  // namespace

Terminal::Terminal(std::FILE* out)
    : out_(out), live_(is_live(out)), colour_(live_ && wants_colour()) {}

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
  for (; drawn_ > 0; --drawn_) put("\x1b[1A\x1b[2K");
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
    put("{}\n", one_line(line, width - 1));
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
  const auto it = machines_.find(machine);
  if (it == machines_.end()) return;  // the last words of a trial that is over
  if (const auto* phase = std::get_if<wire::Phase>(&message)) it->second.step = phase->name;
  if (const auto* beat = std::get_if<wire::Heartbeat>(&message))
    it->second.progress = beat->progress;
  redraw();
}

void Terminal::kept(const std::filesystem::path& guest, const std::filesystem::path& gdb) {
  clear();
  put("the guest stands still; its record is {}\n"
      "  look: gdb VMLINUX -ex 'target remote {}' (continue lets it go on)\n"
      "  console: {}\n"
      "  Ctrl-C ends it\n",
      guest.string(), gdb.string(), (guest / "console").string());
  std::fflush(out_);
}

void Terminal::finished(unsigned machine, const std::string& scenario,
                        const verdict::TrialResult& result) {
  machines_.erase(machine);
  if (result.attempt == 0) ++done_;
  clear();
  std::string line =
      fmt::format("{:>{}}/{} {:<12} {} #{}{}  {:.1f} s", done_, std::to_string(planned_).size(),
                  planned_, verdict::name(result.verdict), scenario, result.number,
                  result.attempt != 0 ? " (retry)" : "", result.seconds);
  if (!result.reasons.empty()) line += "  " + result.reasons.front();
  const std::size_t width = live_ ? width_of(out_) - 1 : kPlainWidth;
  put("{}\n", coloured(one_line(line, width), result.verdict));
  std::fflush(out_);
  last_draw_ = {};
  redraw();
}

void Terminal::summary(std::span<const RunResult> runs) {
  machines_.clear();
  clear();
  table(runs);
  for (const RunResult& run : runs)
    if (run.effective() != Verdict::kPass)
      explain(run);
    else
      list_retries(run);
  std::map<Verdict, std::size_t> counts;
  for (const RunResult& run : runs) ++counts[run.effective()];
  put("\n{}\n", tally(counts));
  std::fflush(out_);
}

void Terminal::table(std::span<const RunResult> runs) {
  if (runs.empty()) return;
  std::size_t widest = 8;
  std::size_t label_width = 7;
  for (const RunResult& run : runs) {
    widest = std::max(widest, run.scenario.size());
    label_width = std::max(label_width, label(run).size());
  }
  put("\n{:<{}}  {:<{}} {:>7} {:>8} {:>9} {:>6}\n", "SCENARIO", widest, "VERDICT", label_width,
      "TRIALS", "SECONDS", "EVENTS", "LOST");
  for (const RunResult& run : runs)
    put("{:<{}}  {} {:>7} {:>8.1f} {:>9} {:>6}\n", run.scenario, widest,
        coloured(fmt::format("{:<{}}", label(run), label_width), run.effective()),
        run.trials.size(), run.seconds, run.events(), run.lost());
}

// A pass that took more than one attempt says so.
void Terminal::list_retries(const RunResult& run) {
  for (const verdict::TrialResult& trial : run.trials) {
    const auto later = std::ranges::find_if(run.trials, [&](const verdict::TrialResult& other) {
      return other.number == trial.number && other.attempt > trial.attempt;
    });
    if (later == run.trials.end()) continue;
    put("\n{} {} #{} was run again: {}\n",
        coloured(std::string(verdict::name(trial.verdict)), trial.verdict), run.scenario,
        trial.number, one_line(trial.reasons.empty() ? "" : trial.reasons.front(), kMostText));
  }
}

void Terminal::explain(const RunResult& run) {
  put("\n{} {}\n", coloured(label(run), run.effective()), run.scenario);
  if (run.trials.size() > 1) put("  {} trials: {}\n", run.trials.size(), trials_of(run));
  const auto worst = std::ranges::find(run.trials, run.verdict(), &verdict::TrialResult::verdict);
  if (worst != run.trials.end()) {
    for (const std::string& reason : worst->reasons | std::views::take(kMostReasons))
      put("  {}\n", one_line(reason, kMostText));
    if (worst->reasons.size() > kMostReasons)
      put("  and {} more\n", worst->reasons.size() - kMostReasons);
    if (!worst->findings.empty())
      for (const std::string& frame : worst->findings[0].frames | std::views::take(kMostFrames))
        put("    at {}\n", one_line(frame, kMostText));
  }
  const bool stored = worst != run.trials.end() && !worst->directory.empty();
  put("  record: {}\n", stored ? worst->directory : run.directory);
  if (!run.replay.empty()) put("  again:  {}\n", run.replay);
}

}  // namespace bioscope::report
