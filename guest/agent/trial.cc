// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/trial.h"

#include <algorithm>
#include <filesystem>
#include <ranges>
#include <thread>

#include <fmt/ranges.h>

#include "bioscope/event.h"
#include "guest/agent/body.h"
#include "guest/agent/child.h"
#include "guest/agent/command.h"
#include "guest/agent/recorder.h"
#include "guest/agent/surroundings.h"
#include "guest/agent/symbols.h"
#include "guest/agent/system.h"
#include "guest/loader/loader.h"
#include "guest/scenario/needs.h"
#include "guest/scenario/scenario.h"
#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

constexpr std::string_view kExec = "exec";
constexpr std::chrono::milliseconds kByeLimit{500};
// For what a scenario leaves to go away by itself: a group that dies, a disk that is deleted.
constexpr std::chrono::seconds kTidyLimit{2};
constexpr std::chrono::milliseconds kTidyLook{50};

wire::ScenarioEnd setup_failed(std::string what) {
  return {.outcome = "setup_failed", .what = std::move(what)};
}

Status load_modules(const wire::Start& start, const Guest& guest) {
  for (const auto& request : start.modules) {
    const auto loaded = guest.modules.load(request);
    guest.control.send(wire::ModuleLoaded{
        .name = request,
        .cause = "needs",
        .ok = loaded.has_value(),
        .what = loaded ? fmt::format("{}", fmt::join(*loaded, " ")) : loaded.error().what});
    BSC_TRY(loaded);
  }
  return {};
}

// "/modules/mine.ko size=8"
std::string file_of(std::string_view request) {
  return std::string(request.substr(0, request.find(' ')));
}

Status load_own_modules(const wire::Start& start, const Guest& guest) {
  for (const auto& request : start.module_files) {
    const auto file = file_of(request);
    const auto loaded =
        Modules::load_file(file, request.substr(std::min(file.size() + 1, request.size())));
    guest.control.send(wire::ModuleLoaded{.name = request,
                                          .cause = "user",
                                          .ok = loaded.has_value(),
                                          .what = loaded ? "" : loaded.error().what});
    BSC_TRY(loaded);
  }
  return {};
}

std::string own_symbols(const wire::Start& start) {
  std::string lines;
  for (const auto& request : start.module_files) {
    const std::filesystem::path file = file_of(request);
    lines += loaded_module_symbols(file.string(), file.stem().string()).value_or("");
  }
  return lines;
}

// Both go out before the scenario runs, so that a kernel that dies keeps its names.
void send_symbols(const wire::Start& start, const Guest& guest, const loader::Loader& loader,
                  Symbols& symbols) {
  guest.control.send_frame(
      wire::encode_artifact("modules", read_file("/proc/modules").value_or("")));
  guest.control.send_frame(
      symbols.finish(guest.modules.symbols() + own_symbols(start) + loader.symbols()));
}

wire::ScenarioEnd run(const wire::Start& start, const Guest& guest, loader::Loader& loader,
                      const scenario::Scenario* scenario,
                      const std::vector<std::string>& disks_before) {
  if (scenario == nullptr) return run_command(start, guest.control, guest.progress);
  return run_body(*scenario, start,
                  {.control = guest.control,
                   .modules = guest.modules,
                   .loader = loader,
                   .progress = guest.progress,
                   .disks_before = disks_before});
}

// The end, if it comes before anything has run.
std::optional<wire::ScenarioEnd> prevented(const wire::Start& start,
                                           const scenario::Scenario* scenario) {
  if (start.scenario == kExec) return std::nullopt;
  if (scenario == nullptr)
    return setup_failed(fmt::format("the agent holds no scenario {}", start.scenario));
  const auto unmet = scenario::unmet_needs(scenario->declaration.needs);
  if (unmet.empty()) return std::nullopt;
  return wire::ScenarioEnd{.outcome = "skipped", .what = {}, .unmet = unmet};
}

[[noreturn]] void leave(Control& control, const wire::Loss& loss) {
  control.send(loss);
  control.send(wire::Phase{"off"});
  control.send(wire::Bye{});
  // The probes stay: to take them out takes longer than all the rest, and nobody needs it. What is
  // still in the queues of the ports dies with the machine. A host that has read it all
  // need not wait: it cuts the power itself.
  std::this_thread::sleep_for(kByeLimit);
  power_off();
}

// One trial, from its first mark to the last record.
wire::Loss run_armed(const wire::Start& start, const Guest& guest, loader::Loader& loader,
                     const scenario::Scenario* scenario,
                     const std::vector<std::string>& disks_before) {
  auto& control = guest.control;
  control.send(wire::Phase{"run"});
  const auto mark = [&](std::uint32_t kind, std::uint64_t arg) {
    static_cast<void>(loader.mark(kind, start.trial, arg, ""));
  };
  Recorder recorder(loader, guest.trace);
  mark(BSC_MARK_TRIAL_BEGIN, 0);
  const auto end = run(start, guest, loader, scenario, disks_before);
  kill_strays();
  control.send(end);

  control.send(wire::Phase{"settle"});
  mark(BSC_MARK_TRIAL_SETTLE, 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(start.settle_ms));
  mark(BSC_MARK_TRIAL_END, end.outcome == "died" ? 0 : 1);

  control.send(wire::Phase{"drain"});
  return recorder.finish();
}

// Whether the guest is as it was before. What ends late has a while for it.
bool may_share(Control& control, const loader::Loader& loader, const wire::Loss& loss,
               const Surroundings& before) {
  std::vector<std::string> changed;
  if (loader.detached()) changed.emplace_back("probes were detached");
  if (!loss.dropped.empty()) changed.emplace_back("records were dropped");
  for (const auto& [program, missed] : loss.misses)
    if (missed != 0) changed.push_back(fmt::format("{} missed {} calls", program, missed));
  const auto until = std::chrono::steady_clock::now() + kTidyLimit;
  while (changed.empty()) {
    auto left = differences(before, look_around("/"));
    if (left.empty()) return true;
    if (std::chrono::steady_clock::now() >= until) changed = std::move(left);
    std::this_thread::sleep_for(kTidyLook);
  }
  control.send(wire::Log{fmt::format("no other trial in this boot: {}",
                                     fmt::join(changed | std::views::take(10), "; "))});
  return false;
}

}  // namespace

void run_trial(const wire::Start& start, const Guest& guest) {
  auto& control = guest.control;
  const auto give_up = [&](const wire::ScenarioEnd& end) {
    control.send(end);
    leave(control, {});
  };

  control.send(wire::Phase{"modules"});
  if (const auto loaded = load_modules(start, guest); !loaded)
    give_up(setup_failed(loaded.error().what));
  const auto disks_before = list_disks("/");
  if (const auto loaded = load_own_modules(start, guest); !loaded)
    give_up(setup_failed(loaded.error().what));
  const auto* scenario = scenario::find(start.scenario);
  if (const auto end = prevented(start, scenario)) give_up(*end);

  control.send(wire::Phase{"arm"});
  Symbols symbols(start);
  auto loader = loader::Loader::load({.probes = start.probes,
                                      .ring_bytes = start.ring_bytes,
                                      .stacks = start.stacks,
                                      .bio_chain_endio = symbols.bio_chain_endio(),
                                      .faults = start.faults,
                                      .preemptible = tasks_preempt()});
  if (!loader) give_up(setup_failed(loader.error().what));
  control.send(wire::Armed{loader->programs(), loader->ring_bytes(), loader->faults()});
  send_symbols(start, guest, *loader, symbols);

  control.send(wire::Phase{"cpus"});
  if (const auto up = bring_up_cpus(); !up) give_up(setup_failed(up.error().what));

  // As it is now it has to be again before another trial may come.
  const Surroundings before = start.share ? look_around("/") : Surroundings{};
  for (wire::Start now = start;; now = control.wait_for_start(), loader->begin_record()) {
    const auto loss = run_armed(now, guest, *loader, scenario, disks_before);
    if (!now.share || !may_share(control, *loader, loss, before)) leave(control, loss);
    control.send(loss);
    control.send(wire::Rest{});
  }
}

}  // namespace bioscope::agent
