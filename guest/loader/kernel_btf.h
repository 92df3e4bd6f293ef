// SPDX-License-Identifier: GPL-2.0-only
// Targets: where in the running kernel's BTF, and in that of its modules, the hooks are.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "guest/loader/btf.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::loader {

struct Target {
  std::uint32_t id = 0;  // of the function, or of the tracepoint's typedef
  int module = 0;        // descriptor of the module's BTF; 0: the kernel itself
};

struct Targets {
  std::map<std::string, Target, std::less<>> hooks;  // by "fentry:bio_endio"; missing: not there
  std::map<std::string, std::int64_t, std::less<>> enumerators;
  std::map<std::string, Prototype, std::less<>> prototypes;  // of functions, by hook
  std::map<std::string, Fd> modules;                         // keeps Target::module open
};

// An error if the kernel has no BTF or takes no BPF. `prototypes` are those of `hooks` whose
// functions are to be looked into.
Result<Targets> find_targets(const std::set<std::string>& hooks,
                             const std::set<std::string>& enumerators,
                             const std::set<std::string>& prototypes = {});

}  // namespace bioscope::loader
