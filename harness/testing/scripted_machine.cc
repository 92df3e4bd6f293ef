// SPDX-License-Identifier: GPL-2.0-only
#include "harness/testing/scripted_machine.h"

#include <algorithm>

#include "harness/base/check.h"

namespace bioscope::testing {
namespace {

using machine::Lifecycle;

bool is_last(const machine::Happening& happening) {
  const auto* const lifecycle = std::get_if<Lifecycle>(&happening);
  return lifecycle != nullptr &&
         (lifecycle->kind == Lifecycle::Kind::kPoweredOff ||
          lifecycle->kind == Lifecycle::Kind::kReset || lifecycle->kind == Lifecycle::Kind::kGone);
}

}  // namespace

ScriptedMachine::ScriptedMachine(ManualClock& clock, std::vector<Step> steps)
    : clock_(clock), steps_(std::move(steps)) {
  BSC_CHECK(std::is_sorted(steps_.begin(), steps_.end(),
                           [](const Step& a, const Step& b) { return a.at < b.at; }));
}

Status ScriptedMachine::boot() {
  BSC_CHECK(!booted_);
  if (boot_error_) return std::unexpected(*boot_error_);
  booted_ = clock_.now();
  return {};
}

void ScriptedMachine::turn_to(time_point when) {
  if (when > clock_.now()) clock_.advance(when - clock_.now());
}

Result<std::optional<machine::Happening>> ScriptedMachine::next(time_point until) {
  BSC_CHECK(booted_.has_value());
  if (played_ == steps_.size()) {
    if (end_error_) return std::unexpected(*end_error_);
    if (!over_) turn_to(until);
    return std::nullopt;
  }
  const auto& step = steps_[played_];
  // What has happened already is told even to a caller who does not wait.
  if (*booted_ + step.at > std::max(until, clock_.now())) {
    turn_to(until);
    return std::nullopt;
  }
  turn_to(*booted_ + step.at);
  ++played_;
  over_ = over_ || is_last(step.happening);
  return step.happening;
}

Status ScriptedMachine::send(std::string_view bytes) {
  sent_ += bytes;
  return {};
}

Status ScriptedMachine::perform(const machine::HostAction& action) {
  performed_.push_back(action);
  return {};
}

machine::Vitals ScriptedMachine::vitals() {
  const auto since = booted_ ? clock_.now() - *booted_ : Clock::duration::zero();
  if (vitals_) return vitals_(since);
  return {.alive = booted_ && !over_ && !destroyed_,
          .cpu_ns = static_cast<std::uint64_t>(since.count())};
}

ScriptedMachine::Step says(Clock::duration at, machine::Channel channel, std::string bytes) {
  return {at, machine::Bytes{channel, std::move(bytes)}};
}

ScriptedMachine::Step closes(Clock::duration at, machine::Channel channel) {
  return {at, machine::Closed{channel}};
}

ScriptedMachine::Step lives(Clock::duration at, Lifecycle::Kind kind, std::string detail) {
  return {at, Lifecycle{kind, std::move(detail)}};
}

}  // namespace bioscope::testing
