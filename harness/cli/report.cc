// SPDX-License-Identifier: GPL-2.0-only
// bioscope report RUN: a stored run's finding as a mail to a kernel list.
#include <algorithm>
#include <memory>
#include <optional>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/cli/verb.h"
#include "harness/evidence/console.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/session.h"
#include "harness/evidence/trial.h"
#include "harness/inspect/trace.h"
#include "harness/kernel/source_lines.h"
#include "harness/oracle/oracle.h"
#include "harness/plan/plan.h"
#include "harness/plan/words.h"
#include "harness/report/mail.h"
#include "harness/verdict/stored.h"

namespace bioscope::cli {
namespace {

constexpr std::size_t kMostLife = 80;      // lines
constexpr std::size_t kMostConsole = 60;   // lines of a report of the kernel
constexpr unsigned kTrials = 10;           // to see it again
constexpr std::size_t kLastOfConsole = 8;  // lines, where the kernel reported nothing

struct Line {
  std::string run{};
  std::string finding{};
  bool text = true;
};

struct Found {
  evidence::Trial trial{};
  verdict::Finding finding{};
};

// Everything that was found, in the order of the trials.
Result<std::vector<Found>> findings_of(const evidence::RunDirectory& run, unsigned& trials) {
  std::vector<Found> all;
  for (const auto& directory : run.trials()) {
    BSC_TRY_ASSIGN(const auto plan, read_file(directory / "plan.json"));
    BSC_TRY_ASSIGN(const auto trial, within(directory.string(), evidence::parse_trial(plan)));
    const auto stored = read_file(directory / "findings.json");
    if (!stored) continue;  // lost: the runner was killed
    BSC_TRY_ASSIGN(const auto result, within(directory.string(), verdict::parse_result(*stored)));
    ++trials;
    for (const auto& finding : result.findings) all.push_back({trial, finding});
  }
  return all;
}

Result<Found> choose(const std::vector<Found>& all, const Line& line) {
  if (all.empty()) return usage_error("{} has no finding to report", line.run);
  if (line.finding.empty()) return all.front();
  const auto found = std::ranges::find_if(all, [&](const Found& each) {
    return each.finding.fingerprint == line.finding || each.finding.kind == line.finding;
  });
  if (found != all.end()) return *found;
  std::string known;
  for (const Found& each : all)
    if (!known.contains(each.finding.fingerprint))
      known += fmt::format(" {} ({})", each.finding.fingerprint, each.finding.kind);
  return usage_error("{} has no finding {}; there are{}", line.run, line.finding, known);
}

std::vector<std::string> console_of(const std::filesystem::path& guest,
                                    const verdict::Finding& finding) {
  std::vector<std::string> lines;
  const auto bytes = evidence::read_console(guest);
  const auto console = evidence::parse_console(bytes);
  for (const auto& splat : console.splats) {
    if (splat.fingerprint != finding.fingerprint && finding.kind != "splat:" + splat.kind) continue;
    for (std::string_view rest = splat.text; !rest.empty() && lines.size() < kMostConsole;)
      lines.emplace_back(take_line(rest));
    return lines;
  }
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto text = trimmed(take_line(rest));
    if (!text.empty()) lines.emplace_back(text);
  }
  if (lines.size() > kLastOfConsole)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLastOfConsole));
  return lines;
}

std::vector<std::string> life_of(const std::filesystem::path& guest,
                                 const std::vector<verdict::Finding>& findings,
                                 const verdict::Finding& finding,
                                 kernel::SourceLines& source_lines) {
  std::vector<std::string> lines;
  if (finding.object == 0) return lines;
  const auto told =
      inspect::life(guest,
                    {.bio = finding.object,
                     .at = finding.order,
                     .columns = report::kMailColumns,
                     .decode = [&](const auto& frames) { return source_lines.decode(frames); }},
                    findings, [&](std::string_view text) { lines.emplace_back(text); });
  // An object that is no bio, or one that was alive before the probes, has no life to tell.
  if (!told) return {};
  if (lines.size() > kMostLife) {
    lines.resize(kMostLife);
    lines.emplace_back("  ... `bioscope trace life` tells the rest");
  }
  return lines;
}

std::vector<std::string> again(const evidence::RunDirectory& run, const Found& found) {
  const evidence::RunInfo& info = run.info();
  std::vector<std::string> commands;
  std::string kernel = info.kernel_spec;
  if (!info.kernel_source.empty()) {
    std::string build = "bioscope kernel build --source " + info.kernel_source;
    if (!info.kernel_patches.empty()) build += " --series RUN/kernel/series";
    commands.push_back(build + " --name again");
    kernel = "built:again";
  }
  const evidence::Trial& trial = found.trial;
  if (trial.faults.empty()) {
    // Trials count their seeds up from the same one.
    commands.push_back(fmt::format("bioscope run {} --kernel {} --trials {}", info.scenario, kernel,
                                   std::max(kTrials, trial.number + 1)));
    return commands;
  }
  // Whoever gets the mail has no run directory, and perhaps a kernel that he built himself.
  const auto plan = plan::to_json(
      {.scenario = trial.scenario, .seed = trial.seed, .boot = trial.boot, .faults = trial.faults});
  commands.emplace_back("cat > plan.json <<'END'");
  for (std::string_view rest = plan; !rest.empty();) commands.emplace_back(take_line(rest));
  commands.emplace_back("END");
  commands.push_back(fmt::format("bioscope run {} --kernel {} --trials {} --plan plan.json",
                                 info.scenario, kernel, kTrials));
  return commands;
}

Result<int> execute(const Line& line) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  unsigned trials = 0;
  BSC_TRY_ASSIGN(const auto all, findings_of(run, trials));
  BSC_TRY_ASSIGN(const auto chosen, choose(all, line));
  const verdict::Finding& finding = chosen.finding;
  const auto guest = run.guest(chosen.trial.guest);

  report::Mail mail{.run = run.info(), .finding = finding, .trials = trials, .directory = line.run};
  if (const auto* oracle = oracle::find_oracle(finding.oracle))
    mail.invariant = std::string(oracle->invariant);
  std::vector<unsigned> seen_in;
  std::vector<verdict::Finding> of_guest;
  for (const Found& each : all) {
    if (each.trial.guest == chosen.trial.guest) of_guest.push_back(each.finding);
    if (each.finding.fingerprint == finding.fingerprint) {
      if (std::ranges::find(seen_in, each.trial.number) == seen_in.end())
        seen_in.push_back(each.trial.number);
      continue;
    }
    const std::string other = fmt::format("{}: {} (fingerprint {})", each.finding.oracle,
                                          each.finding.kind, each.finding.fingerprint);
    if (std::ranges::find(mail.others, other) == mail.others.end()) mail.others.push_back(other);
  }
  mail.seen = static_cast<unsigned>(seen_in.size());
  kernel::SourceLines source_lines(std::filesystem::exists(run.kernel() / "debug" / "vmlinux")
                                       ? run.kernel() / "debug"
                                       : std::filesystem::path());
  mail.life = life_of(guest, of_guest, finding, source_lines);
  if (mail.life.empty()) mail.stack = source_lines.decode(finding.frames);
  mail.console = console_of(guest, finding);
  for (const wire::Fault& fault : chosen.trial.faults) mail.plan.push_back(plan::in_words(fault));
  mail.again = again(run, chosen);
  fmt::print("{}", report::to_mail(mail));
  return 0;
}

}  // namespace

void add_report(CLI::App& app, const Context&, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("report", "a stored run's finding as a mail to a list");
  verb->add_option("run", line->run, "run directory")->required();
  verb->add_option("--finding", line->finding,
                   "fingerprint or kind of the finding (default: the first)");
  verb->add_flag("--text", line->text, "as plain text of 72 columns (the default)");
  verb->callback([=, &action] { action = [line] { return execute(*line); }; });
}

}  // namespace bioscope::cli
