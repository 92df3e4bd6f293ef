// SPDX-License-Identifier: GPL-2.0-only
// Attentive: an observer that knows whether a scenario is running in any guest, and passes on all
// that it is told. What else this host could do waits meanwhile, so that a finding's chance does
// not hang on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/run/runner.h"

namespace bioscope::campaign {

class Attentive final : public run::Observer {
 public:
  explicit Attentive(run::Observer& observer) : observer_(observer) {}

  bool scenario_runs() const { return running_ != 0; }  // from any thread

  void planned(std::size_t trials) override { observer_.planned(trials); }
  void started(unsigned machine, const std::string& scenario, unsigned trial) override {
    observer_.started(machine, scenario, trial);
  }
  void heard(unsigned machine, const wire::ToHost& message) override {
    if (const auto* phase = std::get_if<wire::Phase>(&message))
      runs(machine, phase->name == "cpus" || phase->name == "run");
    observer_.heard(machine, message);
  }
  void kept(const std::filesystem::path& guest, const std::filesystem::path& gdb) override {
    observer_.kept(guest, gdb);
  }
  void finished(unsigned machine, const std::string& scenario,
                const verdict::TrialResult& result) override {
    runs(machine, false);
    observer_.finished(machine, scenario, result);
  }

 private:
  void runs(unsigned machine, bool does) {
    const std::uint64_t bit = std::uint64_t{1} << machine % 64;
    if (does)
      running_ |= bit;
    else
      running_ &= ~bit;
  }

  run::Observer& observer_;
  std::atomic<std::uint64_t> running_ = 0;  // a bit per machine
};

}  // namespace bioscope::campaign
