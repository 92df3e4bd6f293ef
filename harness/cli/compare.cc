// SPDX-License-Identifier: GPL-2.0-only
// bioscope compare --base SPEC --patched SPEC [GLOB...]: what a patch fixes and what it breaks.
#include <memory>

#include "harness/campaign/comparison_text.h"
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
};

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

Result<int> execute(Line& line, const Context& context) {
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(const auto scenarios, line.trial.choose());
  BSC_TRY_ASSIGN(const auto base_spec, within("--base", campaign::parse_side(line.base)));
  BSC_TRY_ASSIGN(const auto patched_spec, within("--patched", campaign::parse_side(line.patched)));
  BSC_TRY(hold_cache());
  Ticker ticker;
  const campaign::SideOptions options{
      .build = ticker.build(context, line.trial.jobs),
      .trials = line.trial.trials,
      .prepare =
          [&](const std::string& kernel) { return line.trial.prepare(kernel, scenarios, context); },
      .stop = context.interrupted};
  const bool taken =
      line.trial.host.json == "-" || line.junit == "-" || line.markdown == "-" || line.mail == "-";
  std::FILE* const out = taken ? stderr : stdout;

  campaign::Sides sides{.base = line.base, .patched = line.patched};
  ticker.at("base");
  BSC_TRY_ASSIGN(auto base,
                 within("--base", campaign::make_side(base_spec, manifest, options, ticker)));
  sides.base_kernel = base.release;
  sides.base_trouble = base.trouble();
  campaign::Comparison comparison;
  if (sides.base_trouble.empty()) {
    ticker.at("patched");
    BSC_TRY_ASSIGN(auto patched, within("--patched", campaign::make_side(patched_spec, manifest,
                                                                         options, ticker)));
    sides.patched_kernel = patched.release;
    sides.patched_trouble = patched.trouble();
    if (sides.patched_trouble.empty()) {
      ticker.at("base");
      BSC_TRY(campaign::run_side(base, scenarios, options, ticker));
      ticker.at("patched");
      BSC_TRY(campaign::run_side(patched, scenarios, options, ticker));
      comparison = campaign::compare(base.runs, patched.runs);
    }
  }
  ticker.clear();
  BSC_TRY(report(line, sides, comparison, out));
  return campaign::exit_code(sides, comparison);
}

}  // namespace

void add_compare(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("compare", "see what a patch fixes and what it breaks");
  const std::string what = "stock | built:NAME | ... as --kernel of run, or SOURCE[+SERIES]";
  verb->add_option("--base", line->base, "the control: " + what)->required();
  verb->add_option("--patched", line->patched, "the kernel on trial: the same")->required();
  line->trial.add_to(*verb, 5, "of each scenario on each kernel; fewer than 5 decide little");
  verb->add_option("--junit", line->junit, "write the result as JUnit XML");
  verb->add_option("--markdown", line->markdown, "write the result for a web page");
  verb->add_option("--mail", line->mail, "write the result as text for a mail");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
