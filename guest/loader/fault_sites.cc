// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/fault_sites.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "bioscope/event.h"

namespace bioscope::loader {
namespace {

bsc_fault_text pattern(std::string_view text) {
  char value[BSC_FAULT_TEXT] = {};
  char mask[BSC_FAULT_TEXT] = {};
  const bool prefix = text.ends_with('*');
  if (prefix) text.remove_suffix(1);
  text = text.substr(0, BSC_FAULT_TEXT - 1);
  std::ranges::copy(text, value);
  // Whatever follows a name's NUL is not compared.
  std::fill_n(mask, text.size() + (prefix ? 0 : 1), '\xff');
  bsc_fault_text result;
  static_assert(sizeof result.value == sizeof value);
  std::memcpy(result.value, value, sizeof value);
  std::memcpy(result.mask, mask, sizeof mask);
  return result;
}

bsc_fault_site told_of(const wire::Fault& fault, std::size_t entry, const wire::Site& site,
                       const wire::Hook& hook, bsc_fault_role role) {
  bsc_fault_site told{};
  told.role = role;
  told.entry = static_cast<std::uint32_t>(entry);
  told.bio = BSC_ARGUMENT_NONE;
  told.object = BSC_ARGUMENT_NONE;
  told.hit = fault.hit;
  told.count = fault.count;
  told.wait = fault.delay_us * 1000;
  told.error = -EIO;
  const wire::Where& where = site.where;
  const auto text = [&told](const std::string& name, bsc_fault_filter filter, bsc_fault_text& to) {
    if (name.empty()) return;
    to = pattern(name);
    told.filters |= filter;
  };
  text(where.task, BSC_FILTER_TASK, told.task);
  text(where.cgroup, BSC_FILTER_CGROUP, told.cgroup);
  text(where.device, BSC_FILTER_DEVICE, told.device);
  if (!where.operation.empty()) {
    told.filters |= BSC_FILTER_OPERATION;
    told.operation = static_cast<std::uint32_t>(wire::operation_of(where.operation));
  }
  for (const std::string& flag : where.flags) told.flags |= wire::flag_of(flag);
  if (!where.context.empty()) {
    told.filters |= BSC_FILTER_CONTEXT;
    told.context = where.context == "hardirq"   ? BSC_CONTEXT_HARDIRQ
                   : where.context == "softirq" ? BSC_CONTEXT_SOFTIRQ
                                                : 0;
  }
  if (hook.kind == wire::HookKind::kPoint) told.point = pattern(hook.name);
  return told;
}

}  // namespace

FaultSites lay_out(const std::vector<wire::Fault>& faults) {
  FaultSites result;
  std::map<wire::HookKind, std::size_t> used;
  const auto add = [&](std::size_t entry, const wire::Site& site, bsc_fault_role role) {
    const wire::Hook hook = wire::parse_hook(site.hook).value();
    const std::size_t index = used[hook.kind]++;
    FaultSite made{.fault = entry, .where = site.where};
    switch (hook.kind) {
      case wire::HookKind::kEntry:
        made.slot = BSC_SLOT_ENTRY + index;
        made.program = fmt::format("{}entry_{}", kFaultPrefix, index);
        made.hook = "fentry:" + hook.name;
        break;
      case wire::HookKind::kExit:
        made.slot = BSC_SLOT_EXIT + index;
        made.program = fmt::format("{}exit_{}", kFaultPrefix, index);
        made.hook = "fexit:" + hook.name;
        break;
      case wire::HookKind::kPoint:
        made.slot = BSC_SLOT_POINT + index;
        made.program = fmt::format("{}point", kFaultPrefix);
        made.hook = "fmod_ret:bioscope_point";
        break;
      case wire::HookKind::kBio:
        made.slot = BSC_SLOT_BIO + index;
        made.program = fmt::format("{}bio", kFaultPrefix);
        made.hook = "fmod_ret:should_fail_bio";
        break;
    }
    result.told[made.slot] = told_of(faults[entry], entry, site, hook, role);
    result.sites.push_back(std::move(made));
  };
  for (std::size_t entry = 0; entry < faults.size(); ++entry) {
    const wire::Fault& fault = faults[entry];
    add(entry, fault.at,
        fault.kind == "error"        ? BSC_ROLE_FAIL
        : fault.kind == "rendezvous" ? BSC_ROLE_WAIT
                                     : BSC_ROLE_DELAY);
    if (!fault.until.empty()) add(entry, fault.until, BSC_ROLE_MEET);
  }
  return result;
}

namespace {

std::vector<std::string> choices(const FaultSite& site) {
  const auto name = site.hook.find(':') + 1;
  auto all = wire::alternatives(std::string_view(site.hook).substr(name));
  for (std::string& one : all) one.insert(0, site.hook, 0, name);
  return all;
}

}  // namespace

std::set<std::string> hooks_of(const FaultSites& sites) {
  std::set<std::string> all;
  for (const FaultSite& site : sites.sites)
    for (std::string& hook : choices(site)) all.insert(std::move(hook));
  return all;
}

void choose_hooks(FaultSites& sites, const std::function<bool(const std::string& hook)>& is_there) {
  for (FaultSite& site : sites.sites) {
    const auto all = choices(site);
    const auto found = std::ranges::find_if(all, is_there);
    site.hook = found == all.end() ? all.front() : *found;
  }
}

std::string fit(const FaultSite& site, const Prototype& prototype, bsc_fault_site& told) {
  const auto& arguments = prototype.arguments;
  const auto place = [&](auto it) { return static_cast<std::int32_t>(it - arguments.begin()); };
  const auto bio = std::ranges::find(arguments, "bio");
  if (bio != arguments.end())
    told.bio = place(bio);
  else if (site.hook.starts_with("fexit:") && prototype.result == "bio")
    told.bio = BSC_ARGUMENT_RETURN;
  told.object = told.bio;
  if (told.object == BSC_ARGUMENT_NONE)
    if (const auto first =
            std::ranges::find_if(arguments, [](auto& name) { return !name.empty(); });
        first != arguments.end())
      told.object = place(first);
  if (told.bio == BSC_ARGUMENT_NONE && site.where.needs_bio())
    return fmt::format(
        "{} has no argument that is a bio, so device, operation and flags cannot be asked for",
        site.hook.substr(site.hook.find(':') + 1));
  return {};
}

}  // namespace bioscope::loader
