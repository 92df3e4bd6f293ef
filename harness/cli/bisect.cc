// SPDX-License-Identifier: GPL-2.0-only
// bioscope bisect: which patch of a series, or which commit of a tree, brought a finding.
#include <algorithm>
#include <cctype>
#include <memory>

#include "harness/campaign/bisect.h"
#include "harness/campaign/journal.h"
#include "harness/campaign/workshop.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/cli/trial_line.h"
#include "harness/kernel/digest.h"

namespace bioscope::cli {
namespace {

namespace fs = std::filesystem;

struct Line {
  TrialLine trial{};
  std::string base{};
  std::vector<std::string> series{};
  std::string tree{};
  std::string good{};
  std::string bad{};
  std::string finding{};
  bool dry_run = false;
  bool restart = false;
};

std::string plain(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result,
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '-');
  return result;
}

Result<campaign::Range> range_of(const Line& line, const kbuild::Options& build) {
  const bool of_tree = !line.tree.empty();
  if (of_tree == !line.base.empty() || of_tree != line.series.empty() ||
      of_tree != !line.good.empty() || of_tree != !line.bad.empty())
    return usage_error(
        "name the patches by --base SOURCE --series PATH, or by --tree PATH --good REV --bad REV");
  campaign::Range range;
  if (of_tree) {
    range.source = fmt::format("tree:{}@{}", line.tree, line.good);
    range.name = plain(fmt::format("{}-{}", line.good, line.bad));
    BSC_TRY_ASSIGN(range.patches, kbuild::commits_between(line.tree, line.good, line.bad));
    return range;
  }
  if (!kbuild::is_source(line.base))
    return usage_error("--base {}: patches need a source: debian:6.1, tree:PATH[@REV], tar:FILE",
                       line.base);
  range.source = line.base;
  auto path = fs::path(line.series.front());
  if (path.filename().empty()) path = path.parent_path();
  range.name = plain(line.series.front().starts_with("git:") ? line.series.front()
                                                             : path.filename().string());
  BSC_TRY_ASSIGN(range.patches,
                 kbuild::read_patches({.source = line.base, .series = line.series}, build));
  return range;
}

// Of all that decides what a bisection sees.
Result<std::string> digest_of(const Line& line, const campaign::Range& range) {
  std::string text = fmt::format("{}\n{}\n{}\n", range.source, line.finding, line.trial.trials);
  for (const auto& patch : range.patches) text += kernel::digest(patch.diff) + "\n";
  for (const auto& glob : line.trial.globs) text += glob + "\n";
  if (line.trial.plan.plan) text += kernel::digest(plan::to_json(*line.trial.plan.plan));
  return kernel::digest(text);
}

void print_plan(const campaign::Range& range, const std::vector<run::ScenarioInfo>& scenarios,
                const Line& line) {
  fmt::print("{} and {} patch{}:\n", range.source, range.patches.size(),
             range.patches.size() == 1 ? "" : "es");
  for (std::size_t i = 0; i < range.patches.size(); ++i) {
    const auto& patch = range.patches[i];
    fmt::print("{:>5}  {}\n", i + 1, patch.subject.empty() ? patch.name : patch.subject);
  }
  const campaign::Search certain(static_cast<unsigned>(range.patches.size()), {5, 5});
  fmt::print(
      "first at most {} trials of {} scenario{} with all of them; if every trial shows the "
      "finding, {} trials of the base and at most about {} kernels more, a few trials each; then "
      "the culprit reverted on top of all\n",
      line.trial.trials, scenarios.size(), scenarios.size() == 1 ? "" : "s",
      certain.trials_per_step(), certain.expected_steps());
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(auto scenarios, line.trial.choose());
  // Those that have to fail tell of this program, and nothing of a kernel.
  const auto declared = [](const auto& scenario) { return !scenario.expect.empty(); };
  if (!std::ranges::all_of(scenarios, declared)) std::erase_if(scenarios, declared);
  BSC_TRY_ASSIGN(const auto signature,
                 within("--finding", campaign::parse_signature(line.finding)));
  BSC_TRY(within("--finding", campaign::check_signature(signature, scenarios)));
  BSC_TRY(hold_cache());
  Ticker ticker;
  ticker.at("bisect");
  const auto build = ticker.build(context, line.trial.jobs);
  BSC_TRY_ASSIGN(const auto range, range_of(line, build));
  if (line.dry_run) {
    print_plan(range, scenarios, line);
    return 0;
  }
  BSC_TRY_ASSIGN(const auto digest, digest_of(line, range));
  const fs::path results =
      line.trial.host.results.empty() ? default_results() : fs::path(line.trial.host.results);
  BSC_TRY_ASSIGN(const auto journal,
                 campaign::Journal::open(results / ("bisect-" + range.name), digest, line.restart));
  std::FILE* const out = line.trial.host.json == "-" ? stderr : stdout;
  campaign::BisectOptions options{.wanted = signature, .trials = line.trial.trials};
  for (const auto& scenario : scenarios) options.scenarios.push_back(scenario.name);
  options.journal = journal.entries();
  options.record = [&](const campaign::Entry& entry) { return journal.add(entry); };
  options.say = [&](std::string_view text) {
    ticker.clear();
    fmt::print(out, "{}\n", text);
    std::fflush(out);
  };
  campaign::Workshop workshop(range, digest.substr(0, 16), scenarios,
                              {.build = build,
                               .prepare =
                                   [&](const std::string& kernel) {
                                     return line.trial.prepare(kernel, scenarios, context);
                                   },
                               .stop = context.interrupted,
                               .at = [&](std::string_view what) { ticker.at(std::string(what)); },
                               .say = options.say},
                              ticker);
  workshop.equip(options);
  const auto bisected = campaign::bisect(static_cast<unsigned>(range.patches.size()), options);
  ticker.clear();
  if (!bisected) return std::unexpected(bisected.error());
  fmt::print(out, "\n{}", campaign::to_text(*bisected, range.patches));
  if (!line.trial.host.json.empty())
    BSC_TRY(deliver(line.trial.host.json, campaign::to_json(*bisected, range.patches)));
  return campaign::exit_code(*bisected);
}

}  // namespace

void add_bisect(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("bisect", "find the patch that brought a finding");
  verb->add_option("--base", line->base, "debian:6.1 | debian:6.12 | tree:PATH[@REV] | tar:FILE");
  verb->add_option("--series", line->series,
                   "patches: quilt or format-patch directory, mbox, patch, git:REV1..REV2")
      ->allow_extra_args(false);
  verb->add_option("--tree", line->tree, "a git checkout, instead of --base and --series");
  verb->add_option("--good", line->good, "a revision of it without the finding");
  verb->add_option("--bad", line->bad, "one with it");
  verb->add_option("--finding", line->finding,
                   "[ORACLE/]FINGERPRINT; else what shows itself with all patches");
  line->trial.add_to(*verb, 30, "with all patches, at most, to see the finding and its chance");
  verb->add_flag("--restart", line->restart, "forget what an earlier time has seen");
  verb->add_flag("--dry-run", line->dry_run, "say what would be tried, and try nothing");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
