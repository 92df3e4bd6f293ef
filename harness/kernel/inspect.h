// SPDX-License-Identifier: GPL-2.0-only
// Inspection: what a kernel has and lacks for a list of hooks, as far as its files can tell before
// it boots. Pure data for `bioscope doctor`; a hook that is present here may still refuse to
// attach, which the guest reports.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {

enum class HookKind { kFentry, kFexit, kTpBtf };

struct Hook {
  std::string group{};    // of probes: "bio"
  std::string program{};  // its name in the object
  HookKind kind{};
  std::string target{};  // a function, or a tracepoint without btf_trace_
  std::string module{};  // that defines the target; empty: vmlinux
};

enum class Presence { kPresent, kAbsent, kUnknown };

std::string_view name(HookKind kind);
std::string_view name(Presence presence);

struct HookFinding {
  Hook hook{};
  Presence presence{};
  std::string reason{};  // "in the BTF of dm_mod", "the kernel has no module dm_mod"
};

enum class Weight { kBoot, kTrace, kSuite };  // without it: no guest, no evidence, some scenarios

struct ConfigNeed {
  std::string_view symbol{};  // without CONFIG_
  Weight weight{};
  std::string_view why{};
};

// What matters to a guest of ours, in the order of weight.
std::span<const ConfigNeed> config_needs();

struct ConfigFinding {
  ConfigNeed need{};
  Presence presence{};  // unknown without a configuration
  std::string value{};  // "y", "m"; empty if not set
};

struct Inspection {
  bool btf = false;  // vmlinux has a .BTF section; without it nothing attaches
  std::vector<HookFinding> hooks{};
  std::vector<ConfigFinding> config{};
};

// An error only if a file of the kernel cannot be read or is damaged.
Result<Inspection> inspect(const Kernel& kernel, std::span<const Hook> hooks);

}  // namespace bioscope::kernel
