// SPDX-License-Identifier: GPL-2.0-only
// bioscope series --base SOURCE --series PATH [GLOB...]: every patch of a series, one on the other:
// does it build and boot, does it add warnings, what does it fix, what does it break.
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "harness/campaign/comparison_text.h"
#include "harness/campaign/side.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/cli/trial_line.h"

namespace bioscope::cli {
namespace {

using campaign::Change;
using campaign::Comparison;
using nlohmann::json;

struct Line {
  TrialLine trial{};
  std::string base{};
  std::vector<std::string> series{};
  bool dry_run = false;
};

struct Step {
  series::Patch patch{};
  campaign::Side side{};
  std::vector<std::string> warnings{};  // that no kernel before had
  Comparison comparison{};              // with the base
};

std::string title(const series::Patch& patch) {
  return patch.subject.empty() ? patch.name : patch.subject;
}

void print(std::FILE* out, unsigned number, const Step& step) {
  const auto say = [&](std::string_view text) { fmt::print(out, "    {}\n", text); };
  const auto changes = [&](Change change) { return campaign::count(step.comparison, change); };
  const bool runs = step.side.trouble().empty();
  fmt::print(out, "{:>5}  {:<6} {:<5} {:>8} {:>9} {:>5} {:>9}  {}\n", number,
             step.side.builds() ? "yes" : "no",
             !step.side.builds() ? "-"
             : step.side.boots() ? "yes"
                                 : "no",
             step.warnings.size(), runs ? std::to_string(changes(Change::kRegressed)) : "-",
             runs ? std::to_string(changes(Change::kFixed)) : "-",
             runs ? std::to_string(changes(Change::kUndecided)) : "-", title(step.patch));
  if (!runs) say(step.side.trouble());
  for (const auto& warning : step.warnings) say(warning);
  for (const auto& row : step.comparison.rows) {
    if (row.change != Change::kRegressed && row.change != Change::kFixed &&
        row.change != Change::kUndecided)
      continue;
    say(fmt::format("{} {}: {}/{} {} ({}/{} on the base, {}/{} here)", campaign::name(row.change),
                    row.scenario, row.finding.oracle, row.finding.kind, row.finding.fingerprint,
                    row.base.seen, row.base.trials, row.patched.seen, row.patched.trials));
    if (row.change == Change::kRegressed) say(row.replay);
  }
}

json to_json(const Line& line, const std::string& trouble, const std::vector<Step>& steps) {
  auto patches = json::array();
  for (const Step& step : steps) {
    const campaign::Sides sides{.base = line.base,
                                .patched = title(step.patch),
                                .base_kernel = {},
                                .patched_kernel = step.side.release,
                                .base_trouble = {},
                                .patched_trouble = step.side.trouble()};
    patches.push_back({{"name", step.patch.name},
                       {"subject", step.patch.subject},
                       {"author", step.patch.author},
                       {"builds", step.side.builds()},
                       {"boots", step.side.builds() && step.side.boots()},
                       {"trouble", step.side.trouble()},
                       {"warnings", step.warnings},
                       {"rows", json::parse(campaign::to_json(sides, step.comparison))["rows"]}});
  }
  return {{"schema", 1}, {"base", line.base}, {"base_trouble", trouble}, {"patches", patches}};
}

int exit_code(const std::vector<Step>& steps) {
  int code = 0;
  for (const Step& step : steps) {
    if (!step.side.trouble().empty()) return 1;
    const int one = campaign::exit_code(step.comparison);
    if (one == 1) return 1;
    code = std::max(code, one);
  }
  return code;
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(const auto scenarios, line.trial.choose());
  if (!kbuild::is_source(line.base))
    return usage_error("--base {}: patches need a source: debian:6.1, tree:PATH[@REV], tar:FILE",
                       line.base);
  BSC_TRY(hold_cache());
  Ticker ticker;
  const campaign::SideOptions options{
      .build = ticker.build(context, line.trial.jobs),
      .trials = line.trial.trials,
      .prepare =
          [&](const std::string& kernel) { return line.trial.prepare(kernel, scenarios, context); },
      .stop = context.interrupted};
  BSC_TRY_ASSIGN(const auto patches,
                 kbuild::read_patches({.source = line.base, .series = line.series}, options.build));
  std::FILE* const out = line.trial.host.json == "-" ? stderr : stdout;
  if (line.dry_run) {
    for (std::size_t i = 0; i < patches.size(); ++i)
      fmt::print(out, "{:>5}  {}\n", i + 1, title(patches[i]));
    fmt::print(out, "{} kernels, {} scenarios, {} trials of each on each\n", patches.size() + 1,
               scenarios.size(), line.trial.trials);
    return 0;
  }

  ticker.at("base");
  BSC_TRY_ASSIGN(auto base, within("--base", campaign::make_side({.source = line.base}, manifest,
                                                                 options, ticker)));
  const auto trouble = base.trouble();
  std::vector<Step> steps;
  if (trouble.empty()) {
    BSC_TRY(campaign::run_side(base, scenarios, options, ticker));
    ticker.clear();
    fmt::print(out, "{:>5}  {:<6} {:<5} {:>8} {:>9} {:>5} {:>9}  subject\n", "patch", "builds",
               "boots", "warnings", "regressed", "fixed", "undecided");
    std::set<std::string> known(base.warnings.begin(), base.warnings.end());
    std::vector<series::Patch> so_far;
    for (const auto& patch : patches) {
      so_far.push_back(patch);
      ticker.at(fmt::format("patch {} of {}", so_far.size(), patches.size()));
      BSC_TRY_ASSIGN(auto side, campaign::make_side({.source = line.base, .patches = so_far},
                                                    manifest, options, ticker));
      Step step{.patch = patch, .side = std::move(side)};
      for (const auto& warning : step.side.warnings)
        if (known.insert(warning).second) step.warnings.push_back(warning);
      if (step.side.trouble().empty()) {
        BSC_TRY(campaign::run_side(step.side, scenarios, options, ticker));
        step.comparison = campaign::compare(base.runs, step.side.runs);
      }
      ticker.clear();
      print(out, static_cast<unsigned>(so_far.size()), step);
      std::fflush(out);
      steps.push_back(std::move(step));
    }
  } else {
    ticker.clear();
    fmt::print(out, "the base is no control: {}. Nothing is blamed on the patches\n", trouble);
  }
  if (!line.trial.host.json.empty())
    BSC_TRY(deliver(
        line.trial.host.json,
        to_json(line, trouble, steps).dump(2, ' ', false, json::error_handler_t::replace) + "\n"));
  if (!trouble.empty()) return verdict::exit_code(verdict::Verdict::kInconclusive);
  return exit_code(steps);
}

}  // namespace

void add_series(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb =
      app.add_subcommand("series", "try every patch of a series: builds, boots, verdicts");
  verb->add_option("--base", line->base, "debian:6.1 | debian:6.12 | tree:PATH[@REV] | tar:FILE")
      ->required();
  verb->add_option("--series", line->series,
                   "patches: quilt or format-patch directory, mbox, patch, git:REV1..REV2")
      ->allow_extra_args(false)
      ->required();
  line->trial.add_to(*verb, 5, "of each scenario on each kernel; fewer than 5 decide little");
  verb->add_flag("--dry-run", line->dry_run, "say what would be tried, and try nothing");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
