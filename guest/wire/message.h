// SPDX-License-Identifier: GPL-2.0-only
// Messages: what host and guest say to each other on the control channel, one JSON object each,
// told apart by "type". Unknown members are ignored, missing ones take their defaults; an unknown
// type is an error, since host and agent are built together.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "guest/wire/fault.h"
#include "harness/base/result.h"

namespace bioscope::wire {

// ---- host to guest ----

// Run one scenario. The agent loads modules, arms probes, runs, settles, drains, reports.
struct Start {
  std::string scenario{};  // "suite/property", or "exec" for `command`
  std::uint32_t trial = 0;
  std::uint64_t seed = 0;
  bool long_form = false;                   // of the scenario, if it has one
  std::vector<std::string> modules{};       // names, loaded in this order before the probes
  std::vector<std::string> module_files{};  // the user's own: paths in the guest, with parameters
  std::vector<std::string> probes{};        // probe groups: "bio", "dm"
  std::vector<std::string> command{};       // exec only
  bool shell = false;                       // exec --shell: command on the console
  std::uint32_t ring_bytes = 0;             // 0: what the agent thinks fit
  bool stacks = true;
  std::vector<Fault> faults{};
  std::uint32_t settle_ms = 50;
  // Whether the guest sends the names of the kernel's own text, or those of its modules alone. Then
  // the host tells the address that it would have taken from them.
  bool want_kernel_symbols = true;
  std::uint64_t bio_chain_endio = 0;
  bool share = false;  // another trial of the scenario may come in this boot: end with Rest
};

struct PowerOff {};

// The answer to a HostAction.
struct HostActionDone {
  std::uint32_t id = 0;
  bool ok = false;
  std::string what{};
};

// ---- guest to host ----

struct Hello {
  std::uint32_t abi = 0;   // BSC_ABI_VERSION of the agent
  std::string version{};   // of the agent
  std::string release{};   // uname -r
  std::string banner{};    // uname -v
  std::string build_id{};  // of the running kernel, hex; empty if it has none
  std::uint32_t cpus = 0;
  bool btf = false;
  std::uint64_t text_begin = 0;  // address of the kernel's first text; 0 if it hides it
  std::uint64_t uptime_ns = 0;   // CLOCK_MONOTONIC
};

struct Heartbeat {
  std::uint64_t count = 0;
  std::uint64_t uptime_ns = 0;
  std::uint64_t progress = 0;  // grows while the workload gets on; see Workload::progress
};

struct Log {
  std::string text{};
};

// What the command of `exec` wrote, byte for byte. In JSON "text" holds a code point per byte.
struct Output {
  std::uint32_t stream = 1;  // 1 stdout, 2 stderr
  std::string bytes{};
};

// Which step the agent is in: "modules", "arm", "run", "settle", "drain", "off".
struct Phase {
  std::string name{};
};

struct ModuleLoaded {
  std::string name{};   // of the module, or the alias that was asked for
  std::string cause{};  // "needs", "request_module", "user"
  bool ok = false;
  std::string what{};  // why not; or the modules that satisfied the alias
};

// One BPF program after arming.
struct Program {
  std::string name{};
  std::string probe{};  // group
  std::string hook{};   // "fentry:bio_endio"
  bool attached = false;
  std::string why{};  // if not attached
};

// One fault of the plan after arming, in the plan's order.
struct FaultArmed {
  std::string name{};
  bool armed = false;
  std::string why{};  // if not armed
};

struct Armed {
  std::vector<Program> programs{};
  std::uint32_t ring_bytes = 0;
  std::vector<FaultArmed> faults{};
};

struct Assertion {
  std::string file{};
  std::uint32_t line = 0;
  std::string summary{};
  bool fatal = false;
};

// How the scenario's body ended.
struct ScenarioEnd {
  std::string outcome{};    // "passed", "failed", "setup_failed", "skipped", "died", "exited"
  std::int32_t status = 0;  // exit status of `exec`'s command; signal if "died"
  std::string what{};       // set-up failure or signal
  std::vector<std::string> unmet{};  // needs that were not met, all of them ("skipped")
  std::uint64_t run_ns = 0;
};

// Asked of the host, so that cause and effect share one order.
struct HostAction {
  std::uint32_t id = 0;
  std::string action{};  // "kill", "stop", "unplug", "starve", "image", "keep"
  std::string argument{};
};

// How often a fault's site was reached, in the plan's order.
struct FaultCount {
  std::uint64_t reached = 0;
  std::uint64_t hits = 0;  // that passed the filters
  std::uint64_t fired = 0;
  std::uint64_t over_budget = 0;  // that would have fired
};

// What the agent knows of loss, and of faults. Sent after the last record.
struct Loss {
  std::map<std::string, std::vector<std::uint64_t>> dropped{};  // event name -> per CPU
  std::map<std::string, std::uint64_t> misses{};                // program -> recursion_misses
  std::vector<std::uint64_t> taken{};                           // per CPU: sequence numbers taken
  std::uint64_t stacks_lost = 0;
  std::uint64_t records = 0;  // sent
  std::vector<FaultCount> faults{};
};

// Everything was sent, and the guest waits for another Start of the same scenario.
struct Rest {};

struct Bye {};

using ToGuest = std::variant<Start, PowerOff, HostActionDone>;
using ToHost = std::variant<Hello, Heartbeat, Log, Output, Phase, ModuleLoaded, Armed, Assertion,
                            ScenarioEnd, HostAction, Loss, Rest, Bye>;

void to_json(nlohmann::json& object, const Output& output);
void from_json(const nlohmann::json& object, Output& output);

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Start, scenario, trial, seed, long_form, modules,
                                                module_files, probes, command, shell, ring_bytes,
                                                stacks, faults, settle_ms, want_kernel_symbols,
                                                bio_chain_endio, share)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HostActionDone, id, ok, what)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Hello, abi, version, release, banner, build_id,
                                                cpus, btf, text_begin, uptime_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Heartbeat, count, uptime_ns, progress)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Log, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Phase, name)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ModuleLoaded, name, cause, ok, what)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Program, name, probe, hook, attached, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FaultArmed, name, armed, why)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Armed, programs, ring_bytes, faults)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FaultCount, reached, hits, fired, over_budget)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Assertion, file, line, summary, fatal)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ScenarioEnd, outcome, status, what, unmet, run_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HostAction, id, action, argument)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Loss, dropped, misses, taken, stacks_lost, records,
                                                faults)

// One JSON line without newline.
std::string to_json(const ToGuest& message);
std::string to_json(const ToHost& message);

// An error (Blame::kGuest) for text that is no JSON object, an unknown "type", or a member of
// the wrong kind. Never throws.
Result<ToGuest> parse_to_guest(std::string_view json);
Result<ToHost> parse_to_host(std::string_view json);

}  // namespace bioscope::wire
