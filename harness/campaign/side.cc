// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/side.h"

#include <algorithm>
#include <set>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/campaign/runs.h"
#include "harness/kernel/digest.h"

namespace bioscope::campaign {
namespace {

std::string why(const verdict::RunResult& run) {
  for (const auto& trial : run.trials)
    if (!trial.reasons.empty()) return trial.reasons.front();
  return std::string(verdict::name(run.verdict()));
}

}  // namespace

std::string side_name(const kbuild::Request& request) {
  std::string text = request.source;
  for (const auto& patch : request.patches)
    text += (patch.reverse ? "-" : "+") + kernel::digest(patch.diff);
  return "side-" + kernel::digest(text).substr(0, 16);
}

Result<SideSpec> parse_side(std::string_view text) {
  if (!kbuild::is_source(text)) {
    if (text.empty())
      return usage_error("name a kernel (stock, built:NAME) or a source (debian:6.1)");
    return SideSpec{.kernel = std::string(text)};
  }
  const auto plus = text.find('+');
  SideSpec spec{.source = std::string(text.substr(0, plus))};
  if (plus == std::string_view::npos) return spec;
  if (plus + 1 == text.size())
    return usage_error("{}: after + comes a series: debian:6.1+fix.patch", text);
  spec.series.emplace_back(text.substr(plus + 1));
  return spec;
}

std::string Side::trouble() const {
  if (!builds()) return "it does not compile: " + broken;
  if (!boots())
    return fmt::format("it does not boot: {}{}", why(boot),
                       boot.directory.empty() ? "" : fmt::format(" ({})", boot.directory));
  return {};
}

std::vector<std::string> warnings_of(std::string_view log) {
  constexpr std::string_view kWarning = "warning: ";
  std::set<std::string> found;
  while (!log.empty()) {
    const auto line = take_line(log);
    const auto at = line.find(kWarning);
    const auto colon = line.find(':');
    if (at == std::string_view::npos || colon > at) continue;
    auto file = line.substr(0, colon);
    while (file.starts_with("../")) file.remove_prefix(3);
    found.insert(fmt::format("{}: {}", file, line.substr(at)));
  }
  return {found.begin(), found.end()};
}

Result<SideSpec> read_series(SideSpec spec, const kbuild::Options& build) {
  if (spec.series.empty()) return spec;
  BSC_TRY_ASSIGN(auto patches,
                 kbuild::read_patches({.source = spec.source, .series = spec.series}, build));
  patches.insert(patches.end(), spec.patches.begin(), spec.patches.end());
  spec.patches = std::move(patches);
  spec.series.clear();
  return spec;
}

Result<Side> build_side(const SideSpec& spec, const SideOptions& options) {
  if (!spec.kernel.empty()) return Side{.kernel = spec.kernel};
  BSC_TRY_ASSIGN(auto read, read_series(spec, options.build));
  kbuild::Request request{.source = read.source, .patches = std::move(read.patches)};
  request.name = side_name(request);
  BSC_TRY_ASSIGN(const auto built, kbuild::build(request, options.build));
  Side side{.broken = built.broken, .warnings = warnings_of(read_file(built.log).value_or(""))};
  if (side.builds()) side.kernel = "built:" + built.name;
  return side;
}

Status boot_side(Side& side, const run::Manifest& manifest, const SideOptions& options,
                 run::Observer& observer) {
  if (!side.builds()) return {};
  BSC_TRY_ASSIGN(const auto boot, manifest.select({std::string(kBootScenario)}));
  BSC_TRY_ASSIGN(auto prepared, options.prepare(side.kernel));
  prepared.plan.reset();
  side.release = fmt::format("{} {}", prepared.kernel.release, prepared.kernel.version);
  BSC_TRY_ASSIGN(auto runs, run_all(boot, prepared, observer, options.stop));
  side.boot = std::move(runs.at(0));
  return {};
}

Result<Side> make_side(const SideSpec& spec, const run::Manifest& manifest,
                       const SideOptions& options, run::Observer& observer) {
  BSC_TRY_ASSIGN(auto side, build_side(spec, options));
  BSC_TRY(boot_side(side, manifest, options, observer));
  return side;
}

Status run_side(Side& side, const std::vector<run::ScenarioInfo>& scenarios,
                const SideOptions& options, run::Observer& observer) {
  BSC_TRY_ASSIGN(auto prepared, options.prepare(side.kernel));
  prepared.trials = options.trials;
  BSC_TRY_ASSIGN(side.runs, run_all(scenarios, prepared, observer, options.stop));
  return {};
}

}  // namespace bioscope::campaign
