// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bioscope::plan {
namespace {

std::string place(const wire::Site& site) {
  const auto hook = wire::parse_hook(site.hook);
  if (!hook) return site.hook;
  switch (hook->kind) {
    case wire::HookKind::kEntry: return fmt::format("the entry of {}", hook->name);
    case wire::HookKind::kExit: return fmt::format("the return from {}", hook->name);
    case wire::HookKind::kPoint: return fmt::format("the race point {}", hook->name);
    case wire::HookKind::kBio: break;
  }
  return "the submission of a bio";
}

std::string filters(const wire::Where& where) {
  std::vector<std::string> words;
  const auto add = [&words](std::string_view what, const std::string& value) {
    if (!value.empty()) words.push_back(fmt::format("{} {}", what, value));
  };
  add("task", where.task);
  add("cgroup", where.cgroup);
  add("device", where.device);
  add("operation", where.operation);
  if (!where.flags.empty()) add("flags", fmt::format("{}", fmt::join(where.flags, "+")));
  add("context", where.context);
  return words.empty() ? "" : fmt::format(" ({})", fmt::join(words, ", "));
}

std::string calls(const wire::Fault& fault) {
  if (fault.count == 1) return fmt::format("call {}", fault.hit);
  return fmt::format("each of calls {} to {}", fault.hit, fault.hit + fault.count - 1);
}

}  // namespace

std::string in_words(const wire::Fault& fault) {
  const auto where =
      fmt::format("{} of {}{}", calls(fault), place(fault.at), filters(fault.at.where));
  if (fault.kind == "delay")
    return fmt::format("{}: {} held up for {} us", fault.name, where, fault.delay_us);
  if (fault.kind == "rendezvous")
    return fmt::format("{}: {} waits for {}{}, at most {} us", fault.name, where,
                       place(fault.until), filters(fault.until.where), fault.delay_us);
  return fmt::format("{}: {} fails", fault.name, where);
}

}  // namespace bioscope::plan
