// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/bisect.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "harness/plan/interval.h"
#include "harness/verdict/stored.h"

namespace bioscope::campaign {
namespace {

using nlohmann::json;
using verdict::Finding;
using verdict::TrialResult;

constexpr unsigned kFewestKnown = 5;  // trials that measure a chance
constexpr unsigned kEnoughSeen = 6;   // of one that does not always come
// Trials in a row that say nothing, after which a kernel is left: where it came to another end, and
// where something was lost or did not happen, as on a host that has more to do.
constexpr unsigned kMostMute = 3;
constexpr unsigned kMostInconclusive = 10;
constexpr unsigned kWithoutCulprit = 3;  // trials of it, at least
constexpr unsigned kVeryMany = 100;      // trials of one kernel

std::string patches_text(unsigned patches) {
  return patches == 0 ? "the base" : fmt::format("{} patch{}", patches, patches == 1 ? "" : "es");
}

bool is_left(unsigned mute, const TrialResult& last) {
  return mute >= (last.verdict == verdict::Verdict::kInconclusive ? kMostInconclusive : kMostMute);
}

// The compiler goes on to show the place.
std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::string step_text(const Bisected::Step& step) {
  const auto tried = fmt::format("{} of {} trials", step.count.seen, step.count.trials);
  if (step.broken.empty()) return fmt::format("{}: {}", patches_text(step.patches), tried);
  return fmt::format("{}: skipped{}: {}", patches_text(step.patches),
                     step.count.trials == 0 ? "" : " after " + tried, first_line(step.broken));
}

// What an oracle proved says more than what was said on the console.
unsigned weight(const Finding& finding) {
  if (finding.oracle == "guest") return 0;
  if (finding.oracle == "console_clean") return 1;
  return finding.oracle == "assertion" ? 2 : 3;
}

class Bisection {
 public:
  Bisection(unsigned patches, const BisectOptions& options)
      : patches_(patches), options_(options) {}

  Result<Bisected> run() {
    BSC_TRY_ASSIGN(auto made, make(patches_, {}));
    if (!made.broken.empty()) return end(Ending::kNoEnd, made.broken);
    last_ = {.patches = patches_, .made = std::move(made)};
    left_ = std::max(options_.trials, static_cast<unsigned>(options_.scenarios.size()));
    result_.wanted = options_.wanted;
    for (;;) {
      BSC_TRY(choose());
      if (result_.finding.oracle.empty())
        return end(result_.in_base.empty() ? Ending::kUnseen : Ending::kInBase, {});
      BSC_TRY(pursue());
      // One that was named is the only one that counts.
      if (result_.ending != Ending::kInBase || !options_.wanted.fingerprint.empty()) return result_;
      set_aside();
    }
  }

 private:
  Result<Bisected> end(Ending ending, std::string why) {
    result_.ending = ending;
    result_.why = std::move(why);
    return result_;
  }

  // Where the finding comes from.
  Status pursue() {
    BSC_TRY_ASSIGN(auto suspicion, suspect());
    foresee(suspicion);
    BSC_TRY(measure());
    Search search(patches_, result_.known, std::move(suspicion));
    result_.trials_per_step = search.trials_per_step();
    say(fmt::format("{}/{} in {}: {} of {} trials; {} without it make the base a good one",
                    result_.finding.oracle, result_.finding.kind, result_.scenario,
                    result_.known.seen, result_.known.trials, search.trials_per_step()));
    if (search.trials_per_step() >= kVeryMany)
      say("it comes seldom, so this takes long; a --plan that provokes it would shorten it");
    BSC_TRY(look(search));
    if (!result_.why.empty()) return {};
    result_.suspects = search.suspects();
    result_.ending = Ending::kSuspects;
    if (result_.suspects.size() != 1) return {};
    result_.ending = result_.suspects[0].patch == 0 ? Ending::kInBase : Ending::kFound;
    if (result_.ending == Ending::kInBase)
      result_.in_base.push_back({result_.scenario, result_.finding});
    else
      BSC_TRY(verify(result_.suspects[0].patch, search.trials_per_step()));
    return {};
  }

  // What the base shows as well is not what the patches brought: there may be something else.
  void set_aside() {
    say(fmt::format("{}/{} is in the base too: looking for another finding", result_.finding.oracle,
                    result_.finding.kind));
    aside_.insert(signature(result_.finding));
    result_ = {
        .in_base = std::move(result_.in_base), .trials = result_.trials, .again = result_.again};
  }

  void say(std::string_view line) const {
    if (options_.say) options_.say(line);
  }

  static std::string label(unsigned patches, std::optional<unsigned> without) {
    return without ? fmt::format("{} without {}", patches_text(patches), *without)
                   : patches_text(patches);
  }

  // The base, and what comes after it if the finding always comes.
  void foresee(const std::vector<double>& suspicion) const {
    if (!options_.ahead) return;
    auto patches = Search(patches_, {kFewestKnown, kFewestKnown}, suspicion).after();
    patches.insert(patches.begin(), 0);
    options_.ahead(std::move(patches));
  }

  // Which patches to look at first.
  Result<std::vector<double>> suspect() {
    if (!options_.suspect) return std::vector<double>();
    BSC_TRY_ASSIGN(const auto before, told("suspicion", ""));
    if (before) return before->suspicion;
    Entry entry{.of = "suspicion", .suspicion = options_.suspect(result_.directory, beside_)};
    BSC_TRY(note(entry));
    return std::move(entry.suspicion);
  }

  // The next line of the journal, if there is one; it has to be of what is asked for.
  Result<std::optional<Entry>> told(const std::string& of, const std::string& scenario) {
    if (next_ >= options_.journal.size()) return std::nullopt;
    const Entry& entry = options_.journal[next_];
    if (entry.of != of || (entry.scenario.empty() != scenario.empty()))
      return usage_error(
          "line {} of the journal is of {}, and the search now wants {}; it was made by another "
          "program or changed: begin anew with --restart",
          next_ + 1, entry.of, of);
    ++next_;
    return entry;
  }

  Status note(const Entry& entry) { return options_.record ? options_.record(entry) : Status(); }

  // A kernel that was made before is made again: that is quick, and a cache may have been trimmed.
  Result<Made> make(unsigned patches, std::optional<unsigned> without) {
    const auto of = label(patches, without);
    BSC_TRY_ASSIGN(const auto before, told(of, ""));
    if (before && !before->broken.empty()) return Made{.broken = before->broken};
    const bool run_before = before && next_ < options_.journal.size();
    if (run_before) return Made{.kernel = "?"};  // made when a trial really has to run
    BSC_TRY_ASSIGN(auto made, without ? options_.make_without(*without) : options_.make(patches));
    if (!before) BSC_TRY(note({.of = of, .broken = made.broken}));
    return made;
  }

  struct Kernel {
    unsigned patches = 0;
    std::optional<unsigned> without{};
    Made made{};
  };

  // A kernel that the journal only tells of.
  Status have(Kernel& kernel) {
    if (kernel.made.kernel != "?") return {};
    BSC_TRY_ASSIGN(kernel.made, kernel.without ? options_.make_without(*kernel.without)
                                               : options_.make(kernel.patches));
    if (kernel.made.broken.empty()) return {};
    return host_error("{} could be built before and cannot now: {}",
                      label(kernel.patches, kernel.without), kernel.made.broken);
  }

  Status order(const std::string& of, const BisectOptions::Order& order) {
    BSC_TRY_ASSIGN(auto batch, options_.run(order));
    for (auto& ran : batch) ahead_[{of, ran.scenario}].push_back(std::move(ran));
    return {};
  }

  // One trial of each of these beside each other, until one shows a finding.
  Status survey(Kernel& kernel, std::span<const std::string> scenarios) {
    const auto of = label(kernel.patches, kernel.without);
    if (next_ < options_.journal.size() || !ahead_[{of, scenarios.front()}].empty()) return {};
    BSC_TRY(have(kernel));
    return order(of, {.kernel = kernel.made.kernel,
                      .scenarios = {scenarios.begin(), scenarios.end()},
                      .seed = seeds_[of] + 1,
                      .enough = [this](const TrialResult& trial) {
                        return std::ranges::any_of(trial.findings, [this](const auto& finding) {
                          return is_wanted(finding);
                        });
                      }});
  }

  // One trial; `wanted` of this kernel are going to be asked for, if all goes on as it did, or
  // until one shows this.
  Result<TrialResult> trial(Kernel& kernel, const std::string& scenario, unsigned wanted = 1,
                            std::function<bool(const TrialResult&)> enough = {}) {
    const auto of = label(kernel.patches, kernel.without);
    ++result_.trials;
    const std::uint64_t seed = ++seeds_[of];
    BSC_TRY_ASSIGN(auto before, told(of, scenario));
    if (before) {
      ++result_.again;
      directory_ = before->directory;
      return before->trial;
    }
    BSC_TRY(have(kernel));
    auto& ahead = ahead_[{of, scenario}];
    if (ahead.empty()) {
      const unsigned most = options_.at_once ? options_.at_once(scenario) : 1;
      BSC_TRY(order(of, {.kernel = kernel.made.kernel,
                         .scenarios = {scenario},
                         .seed = seed,
                         .trials = std::clamp(wanted, 1U, most),
                         .enough = std::move(enough)}));
      if (ahead.empty()) return host_error("no trial of {} on {} was run", scenario, of);
    }
    const auto ran = std::move(ahead.front());
    ahead.pop_front();
    if (ran.trial.verdict == verdict::Verdict::kInfra)
      return host_error("{} on {} is INFRA, twice: {}", scenario, of,
                        ran.trial.reasons.empty() ? "no reason" : ran.trial.reasons.front());
    BSC_TRY(note({.of = of, .scenario = scenario, .trial = ran.trial, .directory = ran.directory}));
    directory_ = ran.directory;
    return ran.trial;
  }

  bool is_wanted(const Finding& finding) const {
    if (!options_.wanted.fingerprint.empty()) return matches(finding, options_.wanted);
    return !aside_.contains(signature(finding));
  }

  // A trial at the end of the series.
  struct First {
    TrialResult trial{};
    std::string directory{};
  };

  // The weightiest finding of it, if it has one.
  void consider(const std::string& scenario, const First& seen) {
    for (const Finding& finding : seen.trial.findings) {
      if (!is_wanted(finding)) continue;
      if (!result_.finding.oracle.empty() && weight(finding) <= weight(result_.finding)) continue;
      result_.finding = finding;
      result_.scenario = scenario;
      result_.directory = seen.directory;
      beside_ = seen.trial.findings;
    }
  }

  // Runs the scenarios at the end of the series until one shows a finding.
  Status choose() {
    for (const std::string& scenario : options_.scenarios)
      for (const First& seen : first_[scenario]) {
        consider(scenario, seen);
        if (!result_.finding.oracle.empty()) return {};
      }
    // What does not come at once may come seldom: more and more of them together.
    for (unsigned round = 1; left_ > 0; ++round) {
      for (auto rest = std::span(options_.scenarios); !rest.empty() && left_ > 0;
           rest = rest.subspan(1)) {
        const std::string& scenario = rest.front();
        auto& trials = first_[scenario];
        if (trials.size() >= round) continue;
        if (round == 1) BSC_TRY(survey(last_, rest));
        const unsigned together = 1U << std::min(round - 1, 5U);
        BSC_TRY_ASSIGN(auto seen, trial(last_, scenario, std::min(together, left_)));
        --left_;
        trials.push_back({std::move(seen), directory_});
        consider(scenario, trials.back());
        if (!result_.finding.oracle.empty()) return {};
      }
    }
    result_.known = {0, result_.trials};
    std::vector<TrialResult> trials;
    for (const auto& [scenario, seen] : first_)
      for (const First& one : seen) trials.push_back(one.trial);
    if (result_.in_base.empty()) tell_others(trials);
    return {};
  }

  // What else these trials showed.
  void tell_others(const std::vector<TrialResult>& trials) {
    std::map<Signature, Finding> others;
    for (const TrialResult& one : trials)
      for (const Finding& finding : one.findings) others.try_emplace(signature(finding), finding);
    others.erase(signature(result_.finding));
    for (const auto& [name, other] : others)
      result_.others.emplace_back(other, count(trials, name).seen);
  }

  // About as many trials as are going to be asked for until its chance is known.
  unsigned still_wanted(const plan::Count& known) const {
    if (known.seen == known.trials) return kFewestKnown - std::min(kFewestKnown - 1, known.trials);
    const unsigned more = (kEnoughSeen - known.seen) * known.trials / std::max(known.seen, 1U);
    return std::clamp(more, 1U, options_.trials - std::min(options_.trials - 1, known.trials));
  }

  // Until it was seen often enough to say how often it comes.
  Status measure() {
    const auto wanted = signature(result_.finding);
    std::vector<TrialResult> trials;
    for (const First& seen : first_[result_.scenario]) trials.push_back(seen.trial);
    const auto known = [&] { return count(trials, wanted); };
    const auto measured = [&] {
      const auto count = known();
      return count.trials >= kFewestKnown &&
             (count.seen >= kEnoughSeen || count.seen == count.trials);
    };
    while (!measured() && trials.size() < options_.trials) {
      BSC_TRY_ASSIGN(auto seen, trial(last_, result_.scenario, still_wanted(known())));
      first_[result_.scenario].push_back({seen, directory_});
      trials.push_back(std::move(seen));
    }
    result_.known = known();
    tell_others(trials);
    return {};
  }

  Status look(Search& search) {
    const auto wanted = signature(result_.finding);
    std::optional<unsigned> at;
    Kernel kernel;
    Bisected::Step step;
    unsigned mute = 0;
    const auto leave = [&] {
      if (!at) return;
      say(step_text(step));
      // The search may have come back to it.
      const auto before = std::ranges::find(result_.steps, step.patches, &Bisected::Step::patches);
      if (before == result_.steps.end()) {
        result_.steps.push_back(step);
      } else {
        before->count.seen += step.count.seen;
        before->count.trials += step.count.trials;
        before->broken = step.broken;
      }
      at.reset();
    };
    while (const auto next = search.next()) {
      if (at != next) {
        leave();
        at = next;
        step = {.patches = *next};
        mute = 0;
        BSC_TRY_ASSIGN(auto made, make(*next, {}));
        kernel = {.patches = *next, .made = std::move(made)};
        step.broken = kernel.made.broken;
        if (options_.ahead) options_.ahead(search.after());
      }
      if (step.broken.empty()) {
        BSC_TRY_ASSIGN(const auto seen,
                       trial(kernel, result_.scenario, search.in_a_row(), [&](const auto& one) {
                         return sighted(one, wanted).value_or(false);
                       }));
        const auto shows = sighted(seen, wanted);
        if (shows) {
          ++step.count.trials;
          step.count.seen += *shows ? 1 : 0;
          search.saw(*next, *shows);
          if (*next == 0 && *shows)
            for (const Finding& finding : seen.findings) aside_.insert(signature(finding));
          mute = 0;
          continue;
        }
        if (!is_left(++mute, seen)) continue;
        step.broken = fmt::format("{} trials say nothing of it: {}", mute,
                                  seen.reasons.empty() ? "no reason" : seen.reasons.front());
      }
      if (*next == 0) {
        result_.why = step.broken;
        result_.ending = Ending::kNoBase;
        leave();
        return {};
      }
      search.skip(*next);
    }
    leave();
    return {};
  }

  Status verify(unsigned culprit, unsigned trials) {
    BSC_TRY_ASSIGN(auto made, make(patches_, culprit));
    result_.not_reverted = made.broken;
    if (!made.broken.empty()) return {};
    Kernel kernel{.patches = patches_, .without = culprit, .made = std::move(made)};
    const auto wanted = signature(result_.finding);
    unsigned mute = 0;
    trials = std::max(trials, kWithoutCulprit);
    while (result_.reverted.trials < trials) {
      BSC_TRY_ASSIGN(const auto seen,
                     trial(kernel, result_.scenario, trials - result_.reverted.trials));
      const auto shows = sighted(seen, wanted);
      mute = shows ? 0 : mute + 1;
      if (is_left(mute, seen)) break;
      if (!shows) continue;
      ++result_.reverted.trials;
      result_.reverted.seen += *shows ? 1 : 0;
      if (*shows) break;
    }
    return {};
  }

  const unsigned patches_;
  const BisectOptions& options_;
  Bisected result_{};
  // At the end of the series.
  Kernel last_{};
  unsigned left_ = 0;                                  // trials to find a finding
  std::map<std::string, std::vector<First>> first_{};  // by scenario
  std::vector<Finding> beside_{};                      // of the trial that showed it first
  std::set<Signature> aside_{};                        // that the base shows too
  std::map<std::string, std::uint64_t> seeds_{};
  // Trials that ran beside one that was asked for, by kernel and scenario.
  std::map<std::pair<std::string, std::string>, std::deque<BisectOptions::Ran>> ahead_{};
  std::string directory_{};
  std::size_t next_ = 0;  // in the journal
};

std::string_view name(Ending ending) {
  switch (ending) {
    case Ending::kFound: return "found";
    case Ending::kSuspects: return "suspects";
    case Ending::kInBase: return "in_base";
    case Ending::kUnseen: return "unseen";
    case Ending::kNoEnd: return "no_end";
    case Ending::kNoBase: return "no_base";
  }
  return {};
}

std::string patch_text(unsigned number, const std::vector<series::Patch>& patches) {
  if (number == 0) return "the base";
  const auto& patch = patches.at(number - 1);
  auto text = fmt::format("{} of {}: {}", number, patches.size(),
                          patch.subject.empty() ? patch.name : patch.subject);
  if (!patch.subject.empty() && patch.name != patch.subject)
    text += fmt::format(" ({})", patch.name);
  return text;
}

std::string wanted_text(const Signature& wanted) {
  if (wanted.fingerprint.empty()) return "a finding";
  return wanted.oracle.empty() ? wanted.fingerprint : wanted.oracle + "/" + wanted.fingerprint;
}

std::string percent(double chance) { return fmt::format("{:.1f} %", 100 * chance); }

std::string chance_text(const plan::Count& count) {
  const auto interval = plan::exact_interval(count.seen, count.trials);
  return fmt::format("{} of {} trials ({} to {})", count.seen, count.trials, percent(interval.low),
                     percent(interval.high));
}

std::string verified_text(const Bisected& bisected) {
  if (!bisected.not_reverted.empty()) return fmt::format("not verified: {}", bisected.not_reverted);
  if (bisected.reverted.trials == 0)
    return "not verified: the kernel without it says nothing of the finding";
  if (bisected.second_cause())
    return fmt::format(
        "reverting it does not help: the finding came in trial {} without it; another patch of the "
        "series brings it too: bisect the series without this one",
        bisected.reverted.trials);
  return fmt::format("verified: with it reverted on top of all, 0 of {} trials",
                     bisected.reverted.trials);
}

}  // namespace

Result<Bisected> bisect(unsigned patches, const BisectOptions& options) {
  return Bisection(patches, options).run();
}

std::string to_json(const Entry& entry) {
  json object{{"of", entry.of}};
  if (!entry.broken.empty()) object["broken"] = entry.broken;
  if (!entry.scenario.empty()) {
    object["scenario"] = entry.scenario;
    object["directory"] = entry.directory;
    object["result"] = json::parse(verdict::to_json(entry.trial));
  }
  if (!entry.suspicion.empty()) object["suspicion"] = entry.suspicion;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Entry> parse_entry(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("of") || !object["of"].is_string())
    return usage_error("no line of a bisection's journal: {}", text.substr(0, 60));
  const auto string = [&](const char* key) {
    const auto value = object.find(key);
    return value != object.end() && value->is_string() ? value->get<std::string>() : "";
  };
  Entry entry{.of = string("of"),
              .scenario = string("scenario"),
              .broken = string("broken"),
              .directory = string("directory")};
  if (const auto weights = object.find("suspicion"); weights != object.end()) {
    if (!weights->is_array()) return usage_error("a suspicion that is no list");
    for (const auto& weight : *weights) {
      if (!weight.is_number() || weight.get<double>() <= 0)
        return usage_error("a suspicion that is no weight");
      entry.suspicion.push_back(weight.get<double>());
    }
  }
  if (!entry.scenario.empty()) {
    if (!object.contains("result")) return usage_error("a trial without a result");
    BSC_TRY_ASSIGN(entry.trial, verdict::parse_result(object["result"].dump()));
  }
  return entry;
}

std::string to_text(const Bisected& bisected, const std::vector<series::Patch>& patches) {
  std::string text;
  const auto line = [&](std::string_view head, std::string_view rest) {
    text += fmt::format("{:<12} {}\n", head, rest);
  };
  const Finding& finding = bisected.finding;
  if (!finding.oracle.empty()) {
    line("finding", fmt::format("{}/{} {} in {}", finding.oracle, finding.kind, finding.fingerprint,
                                bisected.scenario));
    line("", finding.summary);
    line("at the end", chance_text(bisected.known));
  }
  for (const auto& [other, times] : bisected.others)
    line(finding.oracle.empty() ? "seen" : "also there",
         fmt::format("{}/{} in {} of them: look for it with --finding {}/{}", other.oracle,
                     other.kind, times, other.oracle, other.fingerprint));
  for (const auto& [scenario, known] : bisected.in_base)
    line("in the base",
         fmt::format("{}/{} {} in {}", known.oracle, known.kind, known.fingerprint, scenario));
  for (const auto& step : bisected.steps) line("tried", step_text(step));
  switch (bisected.ending) {
    case Ending::kFound: {
      const auto& found = bisected.suspects.front();
      line("culprit", patch_text(found.patch, patches));
      if (const auto& author = patches.at(found.patch - 1).author; !author.empty())
        line("author", author);
      line("confidence", percent(found.probability));
      line("", verified_text(bisected));
      line("shown in", bisected.directory);
      break;
    }
    case Ending::kSuspects:
      for (const auto& suspect : bisected.suspects)
        line("suspect", fmt::format("{} ({})", patch_text(suspect.patch, patches),
                                    percent(suspect.probability)));
      line("", "the kernels between them cannot be tried, so they cannot be told apart");
      break;
    case Ending::kInBase:
      line("", "what the base shows no patch of this series brought; name an older base");
      break;
    case Ending::kUnseen:
      line("", fmt::format(
                   "no trial of {} at the end of the series showed {}; with 95 % it comes in less "
                   "than {} of them. Give more --trials, or a --plan that provokes it",
                   bisected.trials, wanted_text(bisected.wanted),
                   percent(plan::exact_interval(0, bisected.trials).high)));
      break;
    case Ending::kNoEnd:
      line("", fmt::format("the kernel with all patches cannot be had: {}", bisected.why));
      break;
    case Ending::kNoBase:
      line("", fmt::format("the base cannot be tried, so no patch is blamed: {}", bisected.why));
      break;
  }
  line("trials", fmt::format("{}{}", bisected.trials,
                             bisected.again == 0
                                 ? ""
                                 : fmt::format(", {} of them from the journal", bisected.again)));
  return text;
}

std::string to_json(const Bisected& bisected, const std::vector<series::Patch>& patches) {
  auto steps = json::array();
  for (const auto& step : bisected.steps)
    steps.push_back({{"patches", step.patches},
                     {"seen", step.count.seen},
                     {"trials", step.count.trials},
                     {"skipped", step.broken}});
  auto suspects = json::array();
  for (const auto& suspect : bisected.suspects) {
    json one{{"patch", suspect.patch}, {"probability", suspect.probability}};
    if (suspect.patch > 0) {
      const auto& patch = patches.at(suspect.patch - 1);
      one["name"] = patch.name;
      one["subject"] = patch.subject;
      one["author"] = patch.author;
    }
    suspects.push_back(std::move(one));
  }
  auto in_base = json::array();
  for (const auto& [scenario, known] : bisected.in_base)
    in_base.push_back({{"scenario", scenario},
                       {"oracle", known.oracle},
                       {"kind", known.kind},
                       {"fingerprint", known.fingerprint}});
  const auto interval = plan::exact_interval(bisected.known.seen, bisected.known.trials);
  const Finding& finding = bisected.finding;
  const json document{{"schema", 1},
                      {"ending", name(bisected.ending)},
                      {"why", bisected.why},
                      {"patches", patches.size()},
                      {"scenario", bisected.scenario},
                      {"finding",
                       {{"oracle", finding.oracle},
                        {"kind", finding.kind},
                        {"fingerprint", finding.fingerprint},
                        {"summary", finding.summary}}},
                      {"in_base", in_base},
                      {"known",
                       {{"seen", bisected.known.seen},
                        {"trials", bisected.known.trials},
                        {"low", interval.low},
                        {"high", interval.high}}},
                      {"trials_per_step", bisected.trials_per_step},
                      {"steps", steps},
                      {"suspects", suspects},
                      {"reverted",
                       {{"seen", bisected.reverted.seen},
                        {"trials", bisected.reverted.trials},
                        {"why_not", bisected.not_reverted}}},
                      {"directory", bisected.directory},
                      {"trials", bisected.trials}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

int exit_code(const Bisected& bisected) {
  if (bisected.ending != Ending::kFound) return verdict::exit_code(verdict::Verdict::kInconclusive);
  return bisected.second_cause() ? 1 : 0;
}

}  // namespace bioscope::campaign
