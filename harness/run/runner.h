// SPDX-License-Identifier: GPL-2.0-only
// Runner: plans the trials of a selection, runs them on as many machines as may be, judges each
// from its record, and runs what INFRA spoilt once more. One run directory per scenario.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "guest/wire/message.h"
#include "harness/image/image.h"
#include "harness/kernel/kernel.h"
#include "harness/machine/machine.h"
#include "harness/plan/plan.h"
#include "harness/run/manifest.h"
#include "harness/run/own_module.h"
#include "harness/verdict/support.h"
#include "harness/verdict/verdict.h"

namespace bioscope::run {

inline constexpr unsigned kMostAgain = 6;

struct Options {
  kernel::Kernel kernel{};
  machine::Accelerator accelerator = machine::Accelerator::kTcg;
  std::filesystem::path emulator{};
  std::string uri{};                // --connect
  std::string host_arguments{};     // of the command line, that a replay needs beside the record
  std::filesystem::path program{};  // this program, for workers
  std::filesystem::path agent{};
  std::filesystem::path results{};
  std::filesystem::path cache{};
  verdict::Support support{};
  std::string version{};
  std::vector<std::string> command{};  // line that started us, for run.json
  unsigned jobs = 1;
  unsigned trials = 1;
  unsigned again = 0;      // times that a trial without a verdict is run again, at most kMostAgain
  std::uint64_t seed = 1;  // of the first trial; the others count up
  std::optional<plan::Plan> plan{};  // what every trial does, with the plan's own seed
  bool long_form = false;            // of the scenarios that have one
  bool share_boots = false;          // trials that may follow each other in one guest do
  // After a trial of which this is true, no other begins.
  std::function<bool(const verdict::TrialResult&)> enough{};
  bool draw = false;                // else: random plans, of the sites that a scenario declares
  bool dump = false;                // the memory of a guest that crashed or hangs is kept
  bool keep = false;                // the guest of the first trial that is no PASS stays
  std::optional<double> timeout{};  // seconds; the scenario clock as it is, not stretched
  std::filesystem::path nvdimm{};   // the first NVDIMM is this file, as it is; one trial at a time
  // Loaded before the probes: of exec, and of scenarios with the need option:device-module.
  std::vector<OwnModule> modules{};
  // exec
  std::vector<std::string> guest_command{};
  std::vector<image::Entry> files{};
  bool shell = false;
};

// Told what goes on, one call at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void planned(std::size_t trials) = 0;
  virtual void started(unsigned machine, const std::string& scenario, unsigned trial) = 0;
  virtual void heard(unsigned machine, const wire::ToHost& message) = 0;
  // The guest stands still until the user interrupts.
  virtual void kept(const std::filesystem::path& guest, const std::filesystem::path& gdb) = 0;
  virtual void finished(unsigned machine, const std::string& scenario,
                        const verdict::TrialResult& result) = 0;
};

// How much slower than a machine with KVM this one is taken to be: clocks are stretched by it.
double clock_scale(machine::Accelerator accelerator, const kernel::Kernel& kernel);

struct Outcome {
  std::vector<verdict::RunResult> runs{};  // those that were begun, in the order of the selection
  std::optional<Error> stopped{};          // what kept the rest from running
};

Result<Outcome> run(const std::vector<ScenarioInfo>& scenarios, const Options& options,
                    Observer& observer, std::stop_token stop);

// What would be done, one line each: --dry-run.
Result<std::vector<std::string>> describe(const std::vector<ScenarioInfo>& scenarios,
                                          const Options& options);

}  // namespace bioscope::run
