// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/fault.h"

#include <bioscope/fault.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <set>
#include <span>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace bioscope::wire {
namespace {

using nlohmann::json;

struct Named {
  std::string_view name;
  std::uint32_t number;
};
constexpr std::array kFlags{
    Named{"sync", BSC_BIO_SYNC},     Named{"meta", BSC_BIO_META},
    Named{"fua", BSC_BIO_FUA},       Named{"preflush", BSC_BIO_PREFLUSH},
    Named{"rahead", BSC_BIO_RAHEAD}, Named{"background", BSC_BIO_BACKGROUND},
    Named{"nowait", BSC_BIO_NOWAIT}, Named{"polled", BSC_BIO_POLLED}};
constexpr std::array kOperations{
    Named{"read", BSC_OPERATION_READ}, Named{"write", BSC_OPERATION_WRITE},
    Named{"flush", BSC_OPERATION_FLUSH}, Named{"discard", BSC_OPERATION_DISCARD},
    Named{"zeroes", BSC_OPERATION_ZEROES}};
constexpr std::uint64_t kLongestWaitUs = BSC_FAULT_CAP_ASLEEP_NS / 1000;
constexpr std::array<std::string_view, 3> kContexts{"task", "softirq", "hardirq"};
constexpr std::array<std::string_view, 3> kKinds{"delay", "rendezvous", "error"};

std::string names(std::span<const Named> all) {
  std::vector<std::string_view> each;
  for (const Named& one : all) each.push_back(one.name);
  return fmt::format("{}", fmt::join(each, ", "));
}

Status check_name(std::string_view what, std::string_view text, std::size_t bytes) {
  if (text.ends_with('*')) text.remove_suffix(1);
  if (text.contains('*'))
    return usage_error("{} \"{}\": a * may stand only at its end", what, text);
  if (text.size() >= bytes)
    return usage_error("{} \"{}\" is longer than {} bytes", what, text, bytes - 1);
  return {};
}

Status check_site(const Site& site) {
  BSC_TRY_ASSIGN(const Hook hook, parse_hook(site.hook));
  if (hook.kind == HookKind::kPoint)
    BSC_TRY(check_name("the race point", hook.name, BSC_FAULT_TEXT));
  const Where& where = site.where;
  BSC_TRY(check_name("the task", where.task, BSC_COMM_LEN));
  BSC_TRY(check_name("the cgroup", where.cgroup, BSC_FAULT_TEXT));
  BSC_TRY(check_name("the device", where.device, BSC_FAULT_TEXT));
  if (!where.operation.empty() && operation_of(where.operation) < 0)
    return usage_error("there is no operation \"{}\"; there are {}", where.operation,
                       names(kOperations));
  for (const std::string& flag : where.flags)
    if (flag_of(flag) == 0)
      return usage_error("there is no flag \"{}\"; there are {}", flag, names(kFlags));
  if (!where.context.empty() && std::ranges::find(kContexts, where.context) == kContexts.end())
    return usage_error("there is no context \"{}\"; there are {}", where.context,
                       fmt::join(kContexts, ", "));
  return {};
}

Status check_fault(const Fault& fault) {
  if (std::ranges::find(kKinds, fault.kind) == kKinds.end())
    return usage_error("there is no kind \"{}\"; there are {}", fault.kind,
                       fmt::join(kKinds, ", "));
  if (fault.hit == 0 || fault.count == 0) return usage_error("hit and count begin at 1");
  BSC_TRY(within("at", check_site(fault.at)));
  const bool bio = parse_hook(fault.at.hook)->kind == HookKind::kBio;
  if (fault.kind == "error") {
    if (!bio) return usage_error("an error is \"at\" the hook \"bio\", not {}", fault.at.hook);
    if (fault.delay_us != 0 || !fault.until.empty())
      return usage_error("an error has neither \"delay_us\" nor \"until\"");
    return {};
  }
  if (bio)
    return usage_error("only an error is \"at\" a bio; a {} is at an entry, an exit or a point",
                       fault.kind);
  if (fault.delay_us == 0) return usage_error("a {} needs \"delay_us\"", fault.kind);
  if (fault.delay_us > kLongestWaitUs)
    return usage_error("\"delay_us\" is {}, and no wait is longer than {}", fault.delay_us,
                       kLongestWaitUs);
  if (fault.kind == "delay") {
    if (!fault.until.empty()) return usage_error("a delay has no \"until\"; a rendezvous has");
    return {};
  }
  if (fault.until.empty())
    return usage_error("a rendezvous needs \"until\", the site that ends its wait");
  BSC_TRY(within("until", check_site(fault.until)));
  if (parse_hook(fault.until.hook)->kind == HookKind::kBio)
    return usage_error("the \"until\" of a rendezvous is an entry, an exit or a point");
  return {};
}

// ---- JSON ----

struct Reader {
  const json& object;
  std::set<std::string> known{};

  template <class T>
  void take(const char* member, T& value) {
    known.insert(member);
    const auto it = object.find(member);
    if (it == object.end()) return;
    // The library would make another number of one that does not fit.
    if constexpr (std::is_same_v<T, std::uint64_t>)
      if (!it->is_number_unsigned())
        throw json::other_error::create(
            501, fmt::format("\"{}\" is a number from 0 on, not {}", member, it->dump()), &object);
    it->get_to(value);
  }
  // A mistyped member would silently change what a plan does.
  void finish() const {
    for (const auto& [member, value] : object.items())
      if (!known.contains(member))
        throw json::other_error::create(501, fmt::format("there is no member \"{}\" here", member),
                                        &object);
  }
};

}  // namespace

static void to_json(json& object, const Site& site) {
  object = {{"hook", site.hook}};
  auto where = json::object();
  const auto put = [&where](const char* member, const std::string& value) {
    if (!value.empty()) where[member] = value;
  };
  put("task", site.where.task);
  put("cgroup", site.where.cgroup);
  put("device", site.where.device);
  put("operation", site.where.operation);
  put("context", site.where.context);
  if (!site.where.flags.empty()) where["flags"] = site.where.flags;
  if (!where.empty()) object["where"] = where;
}

static void from_json(const json& object, Where& where) {
  Reader reader{object};
  reader.take("task", where.task);
  reader.take("cgroup", where.cgroup);
  reader.take("device", where.device);
  reader.take("operation", where.operation);
  reader.take("flags", where.flags);
  reader.take("context", where.context);
  reader.finish();
}

static void from_json(const json& object, Site& site) {
  Reader reader{object};
  reader.take("hook", site.hook);
  reader.take("where", site.where);
  reader.finish();
}

void to_json(json& object, const Fault& fault) {
  object = {{"name", fault.name},
            {"kind", fault.kind},
            {"at", fault.at},
            {"hit", fault.hit},
            {"count", fault.count}};
  if (!fault.until.empty()) object["until"] = fault.until;
  if (fault.delay_us != 0) object["delay_us"] = fault.delay_us;
  if (fault.planned) object["planned"] = true;
}

void from_json(const json& object, Fault& fault) {
  fault = {};
  Reader reader{object};
  reader.take("name", fault.name);
  reader.take("kind", fault.kind);
  reader.take("at", fault.at);
  reader.take("until", fault.until);
  reader.take("hit", fault.hit);
  reader.take("count", fault.count);
  reader.take("delay_us", fault.delay_us);
  reader.take("planned", fault.planned);
  reader.finish();
}

std::vector<std::string> alternatives(std::string_view name) {
  std::vector<std::string> all;
  for (const auto word : std::views::split(name, '|')) all.emplace_back(word.begin(), word.end());
  if (all.empty()) all.emplace_back();
  return all;
}

Result<Hook> parse_hook(std::string_view hook) {
  if (hook == "bio") return Hook{HookKind::kBio, {}};
  const auto colon = hook.find(':');
  const auto kind = hook.substr(0, colon);
  const std::string name(colon == hook.npos ? "" : hook.substr(colon + 1));
  const auto is_plain = [](const std::string& word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
  };
  const bool functions = std::ranges::all_of(alternatives(name), is_plain);
  if (functions && kind == "entry") return Hook{HookKind::kEntry, name};
  if (functions && kind == "exit") return Hook{HookKind::kExit, name};
  if (is_plain(name) && kind == "point") return Hook{HookKind::kPoint, name};
  return usage_error(
      "\"{}\" is no hook; hooks are entry:FUNCTION, exit:FUNCTION, point:NAME and bio", hook);
}

Status check(const Fault& fault) {
  if (fault.name.empty()) return usage_error("a fault has no \"name\"");
  return within(fmt::format("fault \"{}\"", fault.name), check_fault(fault));
}

Status check(const std::vector<Fault>& faults) {
  if (faults.size() > BSC_FAULT_MAX)
    return usage_error("{} faults are more than the {} that a plan may hold", faults.size(),
                       BSC_FAULT_MAX);
  std::set<std::string_view> seen;
  std::map<HookKind, unsigned> used;
  for (const Fault& fault : faults) {
    BSC_TRY(check(fault));
    if (!seen.insert(fault.name).second)
      return usage_error("two faults are called \"{}\"", fault.name);
    for (const Site* site : {&fault.at, &fault.until})
      if (!site->empty() && ++used[parse_hook(site->hook)->kind] > BSC_SLOTS_OF_A_KIND)
        return usage_error("fault \"{}\": more than {} sites of the kind of {}", fault.name,
                           BSC_SLOTS_OF_A_KIND, site->hook);
  }
  return {};
}

std::uint32_t flag_of(std::string_view name) {
  const auto it = std::ranges::find(kFlags, name, &Named::name);
  return it == kFlags.end() ? 0 : it->number;
}

std::int32_t operation_of(std::string_view name) {
  const auto it = std::ranges::find(kOperations, name, &Named::name);
  return it == kOperations.end() ? -1 : static_cast<std::int32_t>(it->number);
}

}  // namespace bioscope::wire
