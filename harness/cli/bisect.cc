// SPDX-License-Identifier: GPL-2.0-only
// bioscope bisect: which patch of a series, or which commit of a tree, brought a finding.
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/campaign/bisect.h"
#include "harness/campaign/runs.h"
#include "harness/campaign/suspicion.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/cli/trial_line.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/source_lines.h"
#include "harness/package/lock.h"

namespace bioscope::cli {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kTrialsOfABoot = 6;  // which take less time than another boot

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

// The patches on their base, however they were named.
struct Range {
  std::string source{};
  std::vector<series::Patch> patches{};
  std::string name{};  // of the journal's folder
};

std::string plain(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result,
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '-');
  return result;
}

Result<Range> range_of(const Line& line, const kbuild::Options& build) {
  const bool of_tree = !line.tree.empty();
  if (of_tree == !line.base.empty() || of_tree != line.series.empty() ||
      of_tree != !line.good.empty() || of_tree != !line.bad.empty())
    return usage_error(
        "name the patches by --base SOURCE --series PATH, or by --tree PATH --good REV --bad REV");
  Range range;
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
Result<std::string> digest_of(const Line& line, const Range& range) {
  std::string text = fmt::format("{}\n{}\n{}\n", range.source, line.finding, line.trial.trials);
  for (const auto& patch : range.patches) text += kernel::digest(patch.diff) + "\n";
  for (const auto& glob : line.trial.globs) text += glob + "\n";
  if (line.trial.plan.plan) text += kernel::digest(plan::to_json(*line.trial.plan.plan));
  return kernel::digest(text);
}

// The journal of one series, kept until somebody says --restart.
class Journal {
 public:
  static Result<Journal> open(const fs::path& folder, const std::string& digest, bool restart) {
    BSC_TRY(make_directories(folder));
    BSC_TRY_ASSIGN(auto lock, package::Lock::try_take(folder / "lock"));
    if (!lock)
      return usage_error("another bisection is writing {}; wait for its end", folder.string());
    Journal journal(folder, std::move(*lock));
    std::error_code code;
    if (restart) {
      fs::remove(folder / "journal", code);
      fs::remove(folder / "of", code);
    }
    const auto known = read_file(folder / "of");
    if (known && *known != digest)
      return usage_error(
          "{} is the journal of an earlier bisection, and its series, plan or scenarios have "
          "changed since: begin anew with --restart, or give the ones of then",
          folder.string());
    BSC_TRY(write_file(folder / "of", digest));
    BSC_TRY(journal.read());
    BSC_TRY_ASSIGN(journal.fd_, open_file(folder / "journal", O_WRONLY | O_CREAT | O_APPEND));
    return journal;
  }

  const std::vector<campaign::Entry>& entries() const { return entries_; }
  Status add(const campaign::Entry& entry) const {
    return write_all(fd_.get(), campaign::to_json(entry) + "\n");
  }

 private:
  Journal(fs::path folder, package::Lock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  // A line that an interrupt cut is as if it had not been; it is cut off for good.
  Status read() {
    const auto text = read_file(folder_ / "journal");
    if (!text) return {};
    std::string_view rest = *text;
    std::size_t whole = 0;
    while (rest.find('\n') != rest.npos) {
      const auto line = take_line(rest);
      BSC_TRY_ASSIGN(auto entry,
                     within((folder_ / "journal").string(), campaign::parse_entry(line)));
      entries_.push_back(std::move(entry));
      whole = text->size() - rest.size();
    }
    if (whole == text->size()) return {};
    return write_file(folder_ / "journal", std::string_view(*text).substr(0, whole));
  }

  fs::path folder_;
  package::Lock lock_;
  Fd fd_{};
  std::vector<campaign::Entry> entries_{};
};

// Knows whether a scenario is running anywhere: what else this host could do waits meanwhile, so
// that a finding's chance does not hang on it.
class Attentive final : public run::Observer {
 public:
  explicit Attentive(run::Observer& observer) : observer_(observer) {}

  bool scenario_runs() const { return running_ != 0; }

  void planned(std::size_t trials) override { observer_.planned(trials); }
  void started(unsigned machine, const std::string& scenario, unsigned trial) override {
    observer_.started(machine, scenario, trial);
  }
  void heard(unsigned machine, const wire::ToHost& message) override {
    if (const auto* phase = std::get_if<wire::Phase>(&message))
      runs(machine, phase->name == "cpus" || phase->name == "run");
    observer_.heard(machine, message);
  }
  void kept(const fs::path& guest, const fs::path& gdb) override { observer_.kept(guest, gdb); }
  void finished(unsigned machine, const std::string& scenario,
                const verdict::TrialResult& result) override {
    runs(machine, false);
    observer_.finished(machine, scenario, result);
  }

 private:
  void runs(unsigned machine, bool does) {
    const std::uint64_t bit = std::uint64_t{1} << machine % 64;
    if (does)
      running_ |= bit;
    else
      running_ &= ~bit;
  }

  run::Observer& observer_;
  std::atomic<std::uint64_t> running_ = 0;  // a bit per machine
};

void print_plan(const Range& range, const std::vector<run::ScenarioInfo>& scenarios,
                const Line& line) {
  fmt::print("{} and {} patches:\n", range.source, range.patches.size());
  for (std::size_t i = 0; i < range.patches.size(); ++i) {
    const auto& patch = range.patches[i];
    fmt::print("{:>5}  {}\n", i + 1, patch.subject.empty() ? patch.name : patch.subject);
  }
  const campaign::Search certain(static_cast<unsigned>(range.patches.size()), {5, 5});
  fmt::print(
      "first at most {} trials of {} scenario{} with all of them; if every trial shows the "
      "finding, "
      "{} trials of the base and at most about {} kernels more, a few trials each; then the "
      "culprit "
      "reverted on top of all\n",
      line.trial.trials, scenarios.size(), scenarios.size() == 1 ? "" : "s",
      certain.trials_per_step(), certain.expected_steps());
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto scenarios, line.trial.choose());
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
                 Journal::open(results / ("bisect-" + range.name), digest, line.restart));

  const auto total = static_cast<unsigned>(range.patches.size());
  const auto make = [&](std::vector<series::Patch> patches, const std::string& called,
                        const kbuild::Options& how) -> Result<campaign::Made> {
    auto outcome =
        kbuild::build({.source = range.source, .patches = std::move(patches), .name = called}, how);
    if (!outcome) return std::unexpected(std::move(outcome).error());
    if (!outcome->broken.empty()) return campaign::Made{.broken = outcome->broken};
    return campaign::Made{.kernel = "built:" + outcome->name};
  };
  const auto name = digest.substr(0, 16);  // no other bisection takes it
  std::FILE* const out = line.trial.host.json == "-" ? stderr : stdout;
  campaign::BisectOptions options{.wanted = signature, .trials = line.trial.trials};
  for (const auto& scenario : scenarios) options.scenarios.push_back(scenario.name);
  const auto make_first = [&](unsigned patches, const kbuild::Options& how) {
    return make({range.patches.begin(), range.patches.begin() + patches},
                fmt::format("bisect-{}-{}", name, patches), how);
  };
  Attentive attentive(ticker);
  campaign::Ahead ahead([&](unsigned patches, const std::stop_token& stop) {
    return make_first(patches, {.cache = build.cache,
                                .etc = build.etc,
                                .jobs = build.jobs,
                                .stop = stop,
                                .aside = true,
                                .hold = [&] { return attentive.scenario_runs(); }});
  });
  options.ahead = [&](std::vector<unsigned> patches) { ahead.foresee(std::move(patches)); };
  options.make = [&](unsigned patches) -> Result<campaign::Made> {
    ticker.at(fmt::format("{} of {} patches", patches, total));
    if (auto made = ahead.take(patches)) return std::move(*made);
    return make_first(patches, build);
  };
  options.make_without = [&](unsigned culprit) -> Result<campaign::Made> {
    ticker.at(fmt::format("all without {}", culprit));
    auto patches = range.patches;
    auto reverted = range.patches[culprit - 1];
    reverted.reverse = true;
    patches.push_back(std::move(reverted));
    static_cast<void>(ahead.take(culprit));  // nothing else is to be made beside it
    auto made = make(std::move(patches), fmt::format("bisect-{}-without-{}", name, culprit), build);
    if (!made && made.error().blame == Blame::kUsage)
      return campaign::Made{.broken = made.error().what};
    return made;
  };
  // More would wait for each other, and change how often a race is lost.
  const unsigned machines = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  options.run = [&](const campaign::BisectOptions::Order& order)
      -> Result<std::vector<campaign::BisectOptions::Ran>> {
    BSC_TRY_ASSIGN(auto prepared, line.trial.prepare(order.kernel, scenarios, context));
    const auto one = std::ranges::find(scenarios, order.scenario, &run::ScenarioInfo::name);
    prepared.seed = order.seed;
    prepared.trials = order.trials;
    prepared.jobs = std::min(order.trials, machines);
    prepared.share_boots = true;
    if (order.until) {
      prepared.enough = [&](const verdict::TrialResult& trial) {
        return campaign::sighted(trial, *order.until).value_or(false);
      };
      // What follows in one boot costs little where the first one ends it.
      if (one->shares_boot)
        prepared.jobs = std::min(machines, (order.trials + kTrialsOfABoot - 1) / kTrialsOfABoot);
    }
    BSC_TRY_ASSIGN(const auto runs,
                   campaign::run_all({*one}, prepared, attentive, context.interrupted));
    std::map<unsigned, verdict::TrialResult> last;  // attempt at each
    for (const auto& trial : runs.at(0).trials) last[trial.number] = trial;
    std::vector<campaign::BisectOptions::Ran> ran;
    for (auto& [number, trial] : last)
      ran.push_back({.trial = std::move(trial), .directory = runs[0].directory});
    return ran;
  };
  options.at_once = [&](const std::string& scenario) {
    const auto one = std::ranges::find(scenarios, scenario, &run::ScenarioInfo::name);
    return one->shares_boot ? machines * kTrialsOfABoot : machines;
  };
  options.suspect = [&](const std::string& directory,
                        const std::vector<verdict::Finding>& findings) {
    std::set<std::string> frames;
    for (const auto& finding : findings)
      frames.insert(finding.frames.begin(), finding.frames.end());
    kernel::SourceLines lines(fs::path(directory) / "kernel/debug");
    const auto places = lines.decode({frames.begin(), frames.end()});
    auto suspicion = campaign::suspicion(range.patches, places);
    if (!suspicion.files.empty())
      options.say(fmt::format("patches that change {} are tried first: it came through there",
                              fmt::join(suspicion.files, ", ")));
    return std::move(suspicion.weights);
  };
  options.journal = journal.entries();
  options.record = [&](const campaign::Entry& entry) { return journal.add(entry); };
  options.say = [&](std::string_view text) {
    ticker.clear();
    fmt::print(out, "{}\n", text);
    std::fflush(out);
  };
  const auto bisected = campaign::bisect(total, options);
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
