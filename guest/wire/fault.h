// SPDX-License-Identifier: GPL-2.0-only
// Faults: what a plan does to a kernel, and where, as scenarios declare it, plans store it and the
// agent gets it. docs/faults.md explains each member. Anyone may check one; nothing here arms any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/base/result.h"

namespace bioscope::wire {

// Which calls of a site count. An empty member lets every call pass.
struct Where {
  std::string task{};       // comm; "bsc/*" for all that begin so
  std::string cgroup{};     // the name of the task's group, without its parents'; may end in *
  std::string device{};     // the disk of the site's bio, "dm-0"; may end in *
  std::string operation{};  // of the site's bio: "read", "write", "flush", "discard", "zeroes"
  std::vector<std::string> flags{};  // of the site's bio, all of them: "fua", "preflush", "sync"...
  std::string context{};             // "task", "softirq", "hardirq"

  bool needs_bio() const { return !device.empty() || !operation.empty() || !flags.empty(); }
  friend bool operator==(const Where&, const Where&) = default;
};

struct Site {
  // "entry:FUNCTION", "exit:FUNCTION" (or FUNCTION|OTHER, where kernels differ), "point:NAME" (a
  // race point of patches/instrument), "bio" (a bio that is about to be submitted)
  std::string hook{};
  Where where{};

  bool empty() const { return hook.empty(); }
  friend bool operator==(const Site&, const Site&) = default;
};

struct Fault {
  std::string name{};  // for people; unique in its plan
  std::string kind{};  // "delay", "rendezvous", "error"
  Site at{};
  Site until{};                // of a rendezvous: what ends its wait
  std::uint64_t hit = 1;       // the first call that fires, of those that pass the filters
  std::uint64_t count = 1;     // how many fire from there on
  std::uint64_t delay_us = 0;  // of a rendezvous its deadline
  // Only of a declaration: armed in every run. Otherwise it is a site for random plans, whose hit
  // and delay are at most these.
  bool planned = false;

  friend bool operator==(const Fault&, const Fault&) = default;
};

enum class HookKind { kEntry, kExit, kPoint, kBio };

struct Hook {
  HookKind kind{};
  std::string name{};  // of the function or point; functions: "f|g", the first that a kernel has
};

// "f|g" taken apart.
std::vector<std::string> alternatives(std::string_view name);

// A usage error names what is wrong with it.
Result<Hook> parse_hook(std::string_view hook);
Status check(const Fault& fault);
// All of a plan: each by itself, their names, and how many there may be.
Status check(const std::vector<Fault>& faults);

// Names of flags and operations, with the numbers that bioscope/fault.h gives them; 0 and -1 for a
// name that there is not.
std::uint32_t flag_of(std::string_view name);
std::int32_t operation_of(std::string_view name);

// Members that say nothing are left out. Reading refuses a member that there is not.
void to_json(nlohmann::json& object, const Fault& fault);
void from_json(const nlohmann::json& object, Fault& fault);

}  // namespace bioscope::wire
