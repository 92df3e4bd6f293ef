// SPDX-License-Identifier: GPL-2.0-only
// bioscope trace info|show|life RUN: what a stored trace holds, its records as lines, and the life
// of one bio.
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "harness/base/file.h"
#include "harness/cli/verb.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/trial.h"
#include "harness/inspect/trace.h"
#include "harness/verdict/stored.h"

namespace bioscope::cli {
namespace {

struct Line {
  std::string run{};
  std::optional<unsigned> guest{};
  std::string bio{};
  inspect::Filter filter{};
  inspect::LifeRequest life{};
};

void print(std::string_view line) { fmt::print("{}\n", line); }

// RUN/guests/G; without --guest the only one, or the first.
Result<std::filesystem::path> guest_of(const Line& line) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  const auto guest = run.guest(line.guest.value_or(0));
  if (!std::filesystem::is_directory(guest / "trace"))
    return usage_error("{} has no trace: no probe was armed, or the guest never ran",
                       guest.string());
  return guest;
}

Result<std::uint64_t> address(const std::string& text) {
  if (text.empty()) return 0;
  const std::string_view digits = text.starts_with("0x") ? std::string_view(text).substr(2) : text;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return usage_error("{} is no address in hex", text);
  return value;
}

Result<int> execute_show(Line& line) {
  BSC_TRY_ASSIGN(line.filter.bio, within("--bio", address(line.bio)));
  BSC_TRY_ASSIGN(const auto guest, guest_of(line));
  BSC_TRY(inspect::show(guest, line.filter, print));
  return 0;
}

// Of the trials that ran in this guest, as they were judged last.
std::vector<verdict::Finding> findings_of(const evidence::RunDirectory& run, unsigned guest) {
  std::vector<verdict::Finding> findings;
  for (const auto& directory : run.trials()) {
    const auto trial = evidence::parse_trial(read_file(directory / "plan.json").value_or(""));
    if (!trial || trial->guest != guest) continue;
    const auto result =
        verdict::parse_result(read_file(directory / "findings.json").value_or(std::string()));
    if (result) findings.insert(findings.end(), result->findings.begin(), result->findings.end());
  }
  return findings;
}

Result<int> execute_life(Line& line) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  BSC_TRY_ASSIGN(const auto guest, guest_of(line));
  const auto findings = findings_of(run, line.guest.value_or(0));
  if (line.bio.empty()) {
    const auto first = std::ranges::find_if(
        findings, [](const verdict::Finding& finding) { return finding.object != 0; });
    if (first == findings.end())
      return usage_error(
          "no finding of {} names a bio; give an address that `bioscope trace show` prints",
          line.run);
    line.life.bio = first->object;
    if (line.life.at == 0) line.life.at = first->order;
  } else {
    BSC_TRY_ASSIGN(line.life.bio, address(line.bio));
  }
  BSC_TRY(inspect::life(guest, line.life, findings, print));
  return 0;
}

Result<int> execute_info(const Line& line) {
  BSC_TRY_ASSIGN(const auto guest, guest_of(line));
  BSC_TRY(inspect::info(guest, print));
  return 0;
}

}  // namespace

void add_trace(CLI::App& app, const Context&, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("trace", "look into a stored trace");
  verb->require_subcommand(1);
  CLI::App* info = verb->add_subcommand("info", "what the trace holds and lacks");
  CLI::App* show = verb->add_subcommand("show", "its records, one line each");
  CLI::App* life = verb->add_subcommand("life", "one bio's whole life, with all made for it");
  for (CLI::App* each : {info, show, life}) {
    each->add_option("run", line->run, "run directory")->required();
    each->add_option("--guest", line->guest, "number of the guest (0)");
  }
  show->add_option("--bio", line->bio, "only records of the bio at this address");
  show->add_option("--type", line->filter.type, "only events of this name");
  show->add_option("--from", line->filter.from, "first order");
  show->add_option("--to", line->filter.to, "last order");
  show->add_flag("--stacks", line->filter.stacks, "with stacks");
  life->add_option("bio", line->bio, "its address (default: the bio of the first finding)");
  life->add_option("--at", line->life.at, "an order within the life that is meant");
  life->add_flag("--stacks", line->life.stacks, "with the stack of every event");
  info->callback([=, &action] { action = [line] { return execute_info(*line); }; });
  life->callback([=, &action] { action = [line] { return execute_life(*line); }; });
  show->callback([=, &action] { action = [line] { return execute_show(*line); }; });
  add_trace_cut(*verb, action);
}

}  // namespace bioscope::cli
