// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/fault_check.h"

#include <fmt/ranges.h>

#include "harness/kernel/sites.h"
#include "harness/run/needs.h"

namespace bioscope::run {
namespace {

Status check_point(const std::string& point, const kernel::Sites& sites,
                   const kernel::Kernel& kernel) {
  const auto& points = sites.points();
  if (!points || points->contains(point)) return {};
  if (points->empty())
    return usage_error(
        "kernel {} has no race points; build one with --series patches/instrument --config "
        "patches/instrument/points.config",
        kernel.spec);
  return usage_error("kernel {} has no race point {}; with the modules of this scenario it has {}",
                     kernel.spec, point, fmt::join(*points, ", "));
}

Status check_function(const std::string& function, const kernel::Sites& sites,
                      const kernel::Kernel& kernel) {
  for (const std::string& name : wire::alternatives(function))
    if (sites.has_function(name).value_or(true)) return {};
  return usage_error(
      "kernel {} has no function {} to hook in {}: it is absent, inlined (`bioscope kernel build "
      "--observable` inlines less), or of a module that the scenario does not need",
      kernel.spec, function, sites.places());
}

Status check_errors(const kernel::Kernel& kernel) {
  if (kernel.config.empty()) return {};
  BSC_TRY_ASSIGN(const auto config, kernel::Config::read(kernel.config));
  if (config.get("FUNCTION_ERROR_INJECTION")) return {};
  return usage_error(
      "kernel {} lacks CONFIG_FUNCTION_ERROR_INJECTION, by which bios are made to fail; build one "
      "with `bioscope kernel build`",
      kernel.spec);
}

}  // namespace

Status check_plan(const plan::Plan& plan, const std::vector<std::string>& needs,
                  const kernel::Kernel& kernel) {
  if (!plan.kernel.empty() && plan.kernel != kernel.digest)
    return usage_error(
        "it is for the kernel with digest {}, and {} has {}: give that kernel, or take \"kernel\" "
        "out of the plan",
        plan.kernel, kernel.spec, kernel.digest);
  if (plan.faults.empty()) return {};
  BSC_TRY_ASSIGN(const Needs parsed, parse_needs(needs));
  BSC_TRY_ASSIGN(const auto sites, kernel::Sites::open(kernel, modules_to_load(parsed)));
  for (const wire::Fault& fault : plan.faults)
    for (const wire::Site* site : {&fault.at, &fault.until}) {
      if (site->empty()) continue;
      BSC_TRY_ASSIGN(const wire::Hook hook, wire::parse_hook(site->hook));
      const Status checked =
          hook.kind == wire::HookKind::kPoint ? check_point(hook.name, sites, kernel)
          : hook.kind == wire::HookKind::kBio ? check_errors(kernel)
                                              : check_function(hook.name, sites, kernel);
      BSC_TRY(within(fmt::format("fault \"{}\"", fault.name), checked));
    }
  return {};
}

}  // namespace bioscope::run
