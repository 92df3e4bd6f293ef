// SPDX-License-Identifier: GPL-2.0-only
// bioscope compare --base SPEC --patched SPEC [GLOB...]: what a patch fixes and what it breaks.
#include <memory>

#include "harness/campaign/comparison_text.h"
#include "harness/campaign/expectation.h"
#include "harness/campaign/side.h"
#include "harness/cli/place.h"
#include "harness/cli/ticker.h"
#include "harness/cli/trial_line.h"

namespace bioscope::cli {
namespace {

struct Line {
  TrialLine trial{};
  std::string base{};
  std::string patched{};
  std::string junit{};
  std::string markdown{};
  std::string mail{};
  std::string expect{};  // a directory with a series.toml
};

// What is expected names what is not named on the command line.
Result<std::optional<campaign::Expectation>> expectation(Line& line) {
  if (line.expect.empty()) return std::nullopt;
  BSC_TRY_ASSIGN(auto expected, within("--expect", campaign::read_expectation(line.expect)));
  if (line.base.empty()) line.base = expected.base;
  if (line.patched.empty()) line.patched = fmt::format("{}+{}", expected.base, line.expect);
  if (line.trial.globs.empty() && line.trial.plan.file.empty())
    for (const auto& one : expected.scenarios) line.trial.globs.push_back(one.scenario);
  return expected;
}

Status report(const Line& line, const campaign::Sides& sides,
              const campaign::Comparison& comparison, std::FILE* out) {
  fmt::print(out, "{}", campaign::to_terminal(sides, comparison));
  if (!line.trial.host.json.empty())
    BSC_TRY(deliver(line.trial.host.json, campaign::to_json(sides, comparison)));
  if (!line.junit.empty()) BSC_TRY(deliver(line.junit, campaign::to_junit(sides, comparison)));
  if (!line.markdown.empty())
    BSC_TRY(deliver(line.markdown, campaign::to_markdown(sides, comparison)));
  if (!line.mail.empty()) BSC_TRY(deliver(line.mail, campaign::to_mail(sides, comparison)));
  return {};
}

// Builds and boots both, as far as that is of use; then runs the scenarios on them. The base comes
// first: without it nothing is said of the patches.
Result<campaign::Comparison> try_out(const Line& line, const Context& context, Ticker& ticker,
                                     const std::vector<run::ScenarioInfo>& scenarios,
                                     campaign::Sides& sides) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  const campaign::SideOptions options{
      .build = ticker.build(context, line.trial.jobs),
      .trials = line.trial.trials,
      .prepare =
          [&](const std::string& kernel) { return line.trial.prepare(kernel, scenarios, context); },
      .stop = context.interrupted};
  const auto spec_of = [&](const char* option, const std::string& text) {
    auto spec = campaign::parse_side(text);
    return within(option, spec ? campaign::read_series(std::move(*spec), options.build) : spec);
  };
  BSC_TRY_ASSIGN(const auto base_spec, spec_of("--base", line.base));
  BSC_TRY_ASSIGN(const auto patched_spec, spec_of("--patched", line.patched));

  ticker.at("base");
  BSC_TRY_ASSIGN(auto base, within("--base", campaign::build_side(base_spec, options)));
  campaign::Side patched;
  if (base.builds()) {
    ticker.at("patched");
    BSC_TRY_ASSIGN(patched, within("--patched", campaign::build_side(patched_spec, options)));
    ticker.at("base");
    BSC_TRY(within("--base", campaign::boot_side(base, manifest, options, ticker)));
  }
  sides.base_kernel = base.release;
  sides.base_trouble = base.trouble();
  if (!sides.base_trouble.empty()) return campaign::Comparison{};
  ticker.at("patched");
  BSC_TRY(within("--patched", campaign::boot_side(patched, manifest, options, ticker)));
  sides.patched_kernel = patched.release;
  sides.patched_trouble = patched.trouble();
  if (!sides.patched_trouble.empty()) return campaign::Comparison{};
  ticker.at("base");
  BSC_TRY(campaign::run_side(base, scenarios, options, ticker));
  ticker.at("patched");
  BSC_TRY(campaign::run_side(patched, scenarios, options, ticker));
  return campaign::compare(base.runs, patched.runs);
}

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto expected, expectation(line));
  if (line.base.empty() || line.patched.empty())
    return usage_error(
        "name two kernels by --base and --patched, or a patch that says what is "
        "expected of it by --expect");
  BSC_TRY_ASSIGN(const auto scenarios, line.trial.choose());
  BSC_TRY(hold_cache());
  Ticker ticker;
  campaign::Sides sides{.base = line.base, .patched = line.patched};
  BSC_TRY_ASSIGN(const auto comparison, try_out(line, context, ticker, scenarios, sides));
  ticker.clear();
  const bool taken =
      line.trial.host.json == "-" || line.junit == "-" || line.markdown == "-" || line.mail == "-";
  std::FILE* const out = taken ? stderr : stdout;
  BSC_TRY(report(line, sides, comparison, out));
  if (!expected) return campaign::exit_code(sides, comparison);
  if (!sides.base_trouble.empty() || !sides.patched_trouble.empty())
    return campaign::exit_code(sides, comparison);
  const auto outcomes = campaign::hold(*expected, comparison);
  fmt::print(out, "{}", campaign::to_text(*expected, outcomes));
  return campaign::exit_code(outcomes);
}

}  // namespace

void add_compare(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("compare", "see what a patch fixes and what it breaks");
  const std::string what = "stock | built:NAME | ... as --kernel of run, or SOURCE[+SERIES]";
  verb->add_option("--base", line->base, "the control: " + what);
  verb->add_option("--patched", line->patched, "the kernel on trial: the same");
  verb->add_option(
      "--expect", line->expect,
      "a directory with a series.toml: what else to compare, and what must come of it");
  line->trial.add_to(*verb, 5, "of each scenario on each kernel; fewer than 5 decide little");
  verb->add_option("--junit", line->junit, "write the result as JUnit XML");
  verb->add_option("--markdown", line->markdown, "write the result for a web page");
  verb->add_option("--mail", line->mail, "write the result as text for a mail");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
