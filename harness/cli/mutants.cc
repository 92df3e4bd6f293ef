// SPDX-License-Identifier: GPL-2.0-only
// bioscope mutants [GLOB...]: kernels with planted bugs, and which oracle finds them.
#include <unistd.h>

#include <memory>

#include "harness/base/file.h"
#include "harness/campaign/campaign.h"
#include "harness/cli/host_options.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/oracle/oracle.h"

namespace bioscope::cli {
namespace {

struct Line {
  HostOptions host{};
  std::vector<std::string> globs{};
  std::string from{};
  std::string source = "debian:6.1";
  unsigned trials = 1;
  unsigned jobs = 0;  // compilers
  bool all = false;
  bool dry_run = false;
};

struct Chosen {
  campaign::Mutant mutant{};
  campaign::Selection selection{};
};

Result<std::vector<Chosen>> choose(const Line& line) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  std::filesystem::path root = line.from;
  if (root.empty()) {
    BSC_TRY_ASSIGN(root, cli::mutants());
  }
  BSC_TRY_ASSIGN(auto mutants, campaign::find_mutants(root, line.globs));
  std::vector<Chosen> chosen;
  for (campaign::Mutant& mutant : mutants) {
    if (!campaign::is_always_judged(mutant.oracle) && oracle::find_oracle(mutant.oracle) == nullptr)
      return usage_error("{}: oracle is {}, which is none",
                         (mutant.directory / "series.toml").string(), mutant.oracle);
    BSC_TRY_ASSIGN(auto selection, campaign::select(mutant, manifest));
    chosen.push_back({std::move(mutant), std::move(selection)});
  }
  return chosen;
}

std::string names(std::span<const run::ScenarioInfo> scenarios) {
  std::string text;
  for (const auto& scenario : scenarios) text += (text.empty() ? "" : " ") + scenario.name;
  return text;
}

int describe(const std::vector<Chosen>& chosen) {
  for (const auto& [mutant, selection] : chosen) {
    fmt::print("{}: {}\n", mutant.name, mutant.breaks);
    fmt::print("  {}{}{} in {}{}\n", mutant.oracle, mutant.kind.empty() ? "" : ":", mutant.kind,
               names(selection.finding),
               mutant.plan.empty() ? "" : ", with " + mutant.plan.filename().string());
    fmt::print("  {} must not notice\n",
               selection.undisturbed.empty() ? "none"
               : mutant.undisturbed_listed
                   ? names(selection.undisturbed)
                   : fmt::format("the other {} of the suite", selection.undisturbed.size()));
  }
  return 0;
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto chosen, choose(line));
  if (line.dry_run) return describe(chosen);
  BSC_TRY(hold_cache());
  std::FILE* out = line.host.stdout_taken() ? stderr : stdout;
  Ticker ticker;
  const campaign::Options options{
      .source = line.source,
      .trials = line.trials,
      .all = line.all,
      .build = ticker.build(context, line.jobs),
      .prepare = [&](const std::string& kernel) -> Result<run::Options> {
        line.host.kernel = kernel;
        return line.host.prepare(context);
      },
      .stop = context.interrupted};

  std::vector<campaign::Kill> kills;
  std::optional<Error> stopped;
  fmt::print(out, "{}\n", campaign::heading());
  for (const auto& [mutant, selection] : chosen) {
    std::fflush(out);
    ticker.at(mutant.name);
    auto tried = campaign::attempt(mutant, selection, options, ticker);
    ticker.clear();
    if (!tried) {
      stopped = within(mutant.name, std::move(tried)).error();
      break;
    }
    kills.push_back(campaign::weigh(mutant, *tried));
    fmt::print(out, "{}", campaign::row(kills.back()));
  }
  if (!kills.empty()) fmt::print(out, "{}", campaign::closing(kills));
  if (!line.host.json.empty()) {
    const auto text = campaign::to_json(line.source, kills);
    BSC_TRY(line.host.json == "-" ? write_all(STDOUT_FILENO, text)
                                  : write_file(line.host.json, text));
  }
  if (stopped) return std::unexpected(*stopped);
  return campaign::exit_code(kills);
}

}  // namespace

void add_mutants(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand(
      "mutants", "build kernels with planted bugs and see which oracle finds them");
  verb->add_option("glob", line->globs, "mutants: 01-*, *crypt*; all if none");
  verb->add_flag("--all", line->all, "run every scenario that must not notice, not two of them");
  verb->add_option("--trials", line->trials, "of each scenario until it finds the bug")
      ->check(CLI::Range(1u, 1000u));
  verb->add_option("--from", line->from, "directory of mutants");
  verb->add_option("--source", line->source, "source of the kernels")->capture_default_str();
  verb->add_option("--jobs", line->jobs, "compilers at a time")->check(CLI::Range(1u, 1024u));
  verb->add_option("--accel", line->host.accelerator, "auto | kvm | tcg")->capture_default_str();
  verb->add_option("--results", line->host.results, "directory of run directories");
  verb->add_option("--json", line->host.json, "write the table as JSON (- is standard output)");
  verb->add_flag("--dry-run", line->dry_run, "say what would run, and run nothing");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
