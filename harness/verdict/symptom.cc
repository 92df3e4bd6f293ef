// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/symptom.h"

#include <fmt/format.h>

#include "harness/verdict/fingerprint.h"

namespace bioscope::verdict {
namespace {

using evidence::Account;
using evidence::Console;
using evidence::Session;
using evidence::Splat;

// The clock of the console and that of the records are not the same, and a watchdog looks now and
// then.
constexpr double kStallSlackSeconds = 1;

class Reading {
 public:
  Reading(const Session& session, const Account& account, const Console& console,
          const FaultRecord& faults, bool errors_excused)
      : session_(session),
        account_(account),
        console_(console),
        faults_(faults),
        errors_excused_(errors_excused),
        stale_(session.stand.stale_int3()) {}

  Symptoms read() {
    console();
    assertions();
    ending();
    channels();
    body();
    return std::move(symptoms_);
  }

 private:
  void accuse(std::string kind, std::string summary, std::vector<std::string> frames = {}) {
    Finding finding{.oracle = "guest",
                    .kind = std::move(kind),
                    .summary = std::move(summary),
                    .frames = std::move(frames)};
    finding.fingerprint = fingerprint(finding);
    symptoms_.findings.push_back(std::move(finding));
  }
  void infra(std::string why) { symptoms_.infra.push_back(std::move(why)); }
  void doubt(std::string why) { symptoms_.doubts.push_back(std::move(why)); }

  // pid 1 is ours: when it dies, the kernel's panic is our doing.
  static bool blames_agent(const Splat& splat) {
    return splat.kind == "panic" && splat.title.find("kill init") != std::string::npos;
  }

  void console() {
    bool first = true;
    for (const Splat& splat : console_.splats) {
      if (!splat.allowed.empty()) continue;
      if (blames_agent(splat)) {
        agent_died_ = true;
        continue;
      }
      if (evidence::is_stall(splat.kind) &&
          faults_.waited_at(splat.kernel_seconds, kStallSlackSeconds)) {
        doubt(
            fmt::format("possibly ours: a planned fault held a task up when the guest reported "
                        "\"{}\"",
                        splat.title));
        continue;
      }
      if (evidence::is_stall(splat.kind) && stale_) {
        doubt(fmt::format("the emulation hung the guest, which reported \"{}\"", splat.title));
        continue;
      }
      if (evidence::is_stall(splat.kind) && (session_.starved() || session_.crawled())) {
        doubt(fmt::format("the host starved the guest, which reported \"{}\"", splat.title));
        continue;
      }
      Finding finding{.oracle = "console_clean",
                      .kind = splat.kind == "panic" ? "panic" : "splat:" + splat.kind,
                      .fingerprint = splat.fingerprint,
                      .summary = splat.title,
                      .frames = splat.frames};
      symptoms_.findings.push_back(std::move(finding));
      symptoms_.console_state = OracleState::kViolated;
      panic_found_ = panic_found_ || splat.kind == "panic";
      if (first) symptoms_.console_reason = splat.title;
      first = false;
    }
    if (symptoms_.console_state == OracleState::kSatisfied && console_.facts.dropped != 0) {
      symptoms_.console_state = OracleState::kUnjudged;
      symptoms_.console_reason = fmt::format("printk dropped {} messages", console_.facts.dropped);
    }
    if (console_.facts.boots > 1) {
      accuse("reboot", "the kernel booted a second time");
      rebooted_ = true;
    }
    if (agent_died_) infra("the guest's agent died; see the console");
  }

  void assertions() {
    for (const wire::Assertion& assertion : account_.assertions) {
      if (errors_excused_) {
        doubt(
            fmt::format("possibly ours: a planned error made I/O fail that the workload expects "
                        "to succeed ({}:{})",
                        assertion.file, assertion.line));
        continue;
      }
      Finding finding{.oracle = "assertion",
                      .kind = "assertion",
                      .summary = fmt::format("{}:{}: {}", assertion.file, assertion.line,
                                             first_lines(assertion.summary))};
      finding.fingerprint = fingerprint(finding);
      symptoms_.findings.push_back(std::move(finding));
    }
  }

  static std::string first_lines(const std::string& text) {
    std::string line;
    for (const char c : text.substr(0, 400)) line += c == '\n' ? ' ' : c;
    return line;
  }

  // How the machine ended.
  void ending() {
    const bool died_early = session_.hello < 0;
    if (!session_.host_error.empty()) infra(session_.host_error);
    if (session_.interrupted) infra("interrupted by the user");
    if (session_.running < 0) {
      if (session_.host_error.empty() && !session_.interrupted) infra("QEMU never ran");
      return;
    }
    if (died_early) return boot_not_reached();
    if (session_.end == "panicked" && !panic_found_ && !agent_died_)
      accuse("panic", "the guest panicked; the console does not say why");
    if ((session_.end == "reset" || session_.end == "watchdog") && !rebooted_ && !agent_died_ &&
        !panic_found_)
      accuse("reboot", session_.end == "reset" ? "the guest rebooted without being asked to"
                                               : "the watchdog reset the guest");
    if (session_.end == "gone" && symptoms_.findings.empty() && !agent_died_) {
      const bool killed = !session_.actions.empty() && session_.actions.back().action == "kill";
      infra(killed ? "QEMU was killed, as the guest had asked"
                   : "QEMU is gone and the guest's kernel says nothing");
    }
    if (session_.end == "powered_off" && !account_.bye && symptoms_.findings.empty())
      infra("the guest powered off before its agent was done");
    expired();
  }

  void boot_not_reached() {
    if (panic_found_ || session_.end == "panicked" || session_.end == "reset") {
      if (agent_died_) return;
      return accuse("boot", fmt::format("the kernel died before {} ({})",
                                        console_.facts.kernel_started ? "the agent ran"
                                                                      : "it printed anything",
                                        session_.end));
    }
    if (session_.interrupted || !session_.host_error.empty()) return;
    if (session_.expired.empty())
      return infra(fmt::format("the guest ended before its agent ran ({})", session_.end));
    if (stale_) return emulation_hung();
    if (session_.starved()) return doubt("the host starved the guest, which did not boot in time");
    if (console_.facts.kernel_started && !console_.facts.init_started)
      return accuse("boot", "the kernel started and did not reach the agent in time");
    infra(console_.facts.kernel_started
              ? "the agent started and never spoke on its channel"
              : "nothing that boots printed anything; the machine or the image is at fault");
  }

  // harness/machine/late_cpus.h
  void emulation_hung() {
    infra(
        fmt::format("QEMU's emulation hung the guest: a vCPU traps for ever on an int3 at {:#x}, "
                    "where memory holds none",
                    *stale_));
  }

  void expired() {
    const std::string& clock = session_.expired;
    if (clock.empty()) return;
    if (stale_) return emulation_hung();
    if (session_.starved())
      return doubt(
          fmt::format("the host starved the guest ({:.1f} s of {:.1f} s waiting for a "
                      "CPU) while the {} clock ran out",
                      session_.delayed, session_.window, clock));
    if (clock == "boot")  // and was heard before it was gone: late is not never
      return doubt("the guest reached the agent only when the boot clock had run out");
    if (clock == "silent") {
      if (agent_died_ || panic_found_) return;
      return accuse("hang:silent",
                    fmt::format("no heartbeat for {:.1f} s and a silent console, while QEMU ran",
                                session_.window));
    }
    const std::string phase = account_.phases.empty() ? "start" : account_.phases.back();
    if (clock == "no_progress")
      return accuse("hang:no-progress",
                    fmt::format("heartbeats went on and the workload did not, for {:.1f} s (step "
                                "\"{}\")",
                                session_.window, phase));
    accuse("hang:" + clock, fmt::format("the {} clock ran out in step \"{}\"", clock, phase));
  }

  void channels() {
    if (!session_.control_fault.empty()) infra("control channel: " + session_.control_fault);
    if (!session_.trace_fault.empty()) infra("trace channel: " + session_.trace_fault);
    if (account_.unreadable != 0)
      infra(fmt::format("{} lines of the agent's account cannot be read", account_.unreadable));
  }

  // What became of the scenario's body.
  void body() {
    const bool excused =
        !symptoms_.findings.empty() || !symptoms_.infra.empty() || !symptoms_.doubts.empty();
    if (!account_.end) {
      if (!excused) infra("the scenario never ended and nothing says why");
      return;
    }
    const wire::ScenarioEnd& end = *account_.end;
    if (end.outcome == "setup_failed") infra("set-up: " + end.what);
    if (end.outcome == "died") infra("the workload died: " + end.what);
    if (end.outcome == "failed" && account_.assertions.empty())
      infra("the workload failed without an assertion");
    if (!account_.bye && !excused) infra("the agent never said that all was drained");
  }

  const Session& session_;
  const Account& account_;
  const Console& console_;
  const FaultRecord& faults_;
  bool errors_excused_;
  std::optional<std::uint64_t> stale_;  // where the emulation hung the guest
  Symptoms symptoms_;
  bool agent_died_ = false;
  bool panic_found_ = false;
  bool rebooted_ = false;
};

}  // namespace

Symptoms read_symptoms(const Session& session, const Account& account, const Console& console,
                       const FaultRecord& faults, bool errors_excused) {
  return Reading(session, account, console, faults, errors_excused).read();
}

}  // namespace bioscope::verdict
