// SPDX-License-Identifier: GPL-2.0-only
// ScriptedMachine: a Machine that plays a table of (time after boot, happening) on a ManualClock
// and records what it is told. Waiting costs no time: next() turns the clock itself. Tests only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/result.h"
#include "harness/machine/machine.h"

namespace bioscope::testing {

class ScriptedMachine final : public machine::Machine {
 public:
  struct Step {
    Clock::duration at{};  // after boot; steps are in order of time
    machine::Happening happening{};
  };

  ScriptedMachine(ManualClock& clock, std::vector<Step> steps);

  // What goes wrong: boot() as a whole, and next() once the table has been played.
  void fail_boot(Error error) { boot_error_ = std::move(error); }
  void fail_at_end(Error error) { end_error_ = std::move(error); }
  // Vitals by the time after boot. By default the guest is alive until its last lifecycle and
  // its vCPUs run all the time.
  void set_vitals(std::function<machine::Vitals(Clock::duration)> vitals) {
    vitals_ = std::move(vitals);
  }

  const std::string& sent() const { return sent_; }
  const std::vector<machine::HostAction>& performed() const { return performed_; }
  bool destroyed() const { return destroyed_; }

  Status boot() override;
  Result<std::optional<machine::Happening>> next(time_point until) override;
  Status send(std::string_view bytes) override;
  Status perform(const machine::HostAction& action) override;
  machine::Vitals vitals() override;
  std::string monitor(const std::string& command) override {
    return command.starts_with("info registers") ? "CPU#0\nRIP=ffffffff81000000\n" : "";
  }
  Status dump(const std::filesystem::path& file) override { return write_file(file, "KDUMP   "); }
  std::string definition() const override { return "<domain type=\"scripted\"/>\n"; }
  void destroy() override { destroyed_ = true; }

 private:
  void turn_to(time_point when);

  ManualClock& clock_;
  std::vector<Step> steps_;
  std::size_t played_ = 0;
  std::optional<time_point> booted_{};
  std::optional<Error> boot_error_{};
  std::optional<Error> end_error_{};
  std::function<machine::Vitals(Clock::duration)> vitals_{};
  std::string sent_{};
  std::vector<machine::HostAction> performed_{};
  bool over_ = false;
  bool destroyed_ = false;
};

// Steps in words.
ScriptedMachine::Step says(Clock::duration at, machine::Channel channel, std::string bytes);
ScriptedMachine::Step closes(Clock::duration at, machine::Channel channel);
ScriptedMachine::Step lives(Clock::duration at, machine::Lifecycle::Kind kind,
                            std::string detail = {});

}  // namespace bioscope::testing
