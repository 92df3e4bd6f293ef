// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/lifecycle.h"

#include <libvirt/libvirt.h>

#include <nlohmann/json.hpp>

namespace bioscope::machine {
namespace {

using Kind = Lifecycle::Kind;

std::string suspended_by(int detail) {
  switch (detail) {
    case VIR_DOMAIN_EVENT_SUSPENDED_PAUSED: return "paused by the host";
    case VIR_DOMAIN_EVENT_SUSPENDED_IOERROR: return "paused by an I/O error of the host";
    case VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG: return "paused by the watchdog";
    default: return fmt::format("paused by libvirt, reason {}", detail);
  }
}

std::string_view watchdog_action(int action) {
  switch (action) {
    case VIR_DOMAIN_EVENT_WATCHDOG_NONE: return "none";
    case VIR_DOMAIN_EVENT_WATCHDOG_PAUSE: return "pause";
    case VIR_DOMAIN_EVENT_WATCHDOG_RESET: return "reset";
    case VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF: return "poweroff";
    case VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN: return "shutdown";
    default: return "another action";
  }
}

}  // namespace

LifecycleReader::Reading LifecycleReader::last(Kind kind, std::string detail) {
  over_ = true;
  return Lifecycle{kind, std::move(detail)};
}

LifecycleReader::Reading LifecycleReader::panicked() {
  if (std::exchange(panicked_, true)) return {};
  cause_ = "after the guest's panic";
  return Lifecycle{Kind::kPanicked, "the guest told pvpanic"};
}

LifecycleReader::Reading LifecycleReader::on_lifecycle(int event, int detail) {
  if (over_) return {};
  switch (event) {
    case VIR_DOMAIN_EVENT_STARTED: return Lifecycle{Kind::kStarted, {}};
    case VIR_DOMAIN_EVENT_RESUMED:
      // libvirt also tells of the resumption that ends its own start.
      if (!std::exchange(paused_, false)) return {};
      return Lifecycle{Kind::kResumed, {}};
    case VIR_DOMAIN_EVENT_SUSPENDED:
      // QEMU pauses as part of a panic; that it stands still is not news then.
      if (!cause_.empty()) return {};
      paused_ = true;
      return Lifecycle{Kind::kPaused, suspended_by(detail)};
    case VIR_DOMAIN_EVENT_CRASHED: return panicked();
    case VIR_DOMAIN_EVENT_SHUTDOWN:
      if (!cause_.empty() || detail == VIR_DOMAIN_EVENT_SHUTDOWN_HOST) return {};
      return last(Kind::kPoweredOff, "the guest powered off");
    case VIR_DOMAIN_EVENT_STOPPED: return on_stopped(detail);
    default: return {};
  }
}

LifecycleReader::Reading LifecycleReader::on_stopped(int detail) {
  if (!cause_.empty()) return last(Kind::kGone, cause_);
  switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: return last(Kind::kPoweredOff, "the guest powered off");
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
      return last(Kind::kGone, "somebody destroyed the domain");
    default: return last(Kind::kGone, "QEMU ended unexpectedly");
  }
}

LifecycleReader::Reading LifecycleReader::on_watchdog(int action) {
  if (over_) return {};
  cause_ = "after the watchdog fired";
  return Lifecycle{Kind::kWatchdog, fmt::format("action {}", watchdog_action(action))};
}

LifecycleReader::Reading LifecycleReader::on_monitor(std::string_view event,
                                                     std::string_view details) {
  if (over_) return {};
  // libvirt tells of a panic later, from another thread, and of the pause that goes with it sooner.
  if (event == "GUEST_PANICKED") return panicked();
  if (event != "SHUTDOWN") return {};
  const auto parsed = nlohmann::json::parse(details, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("reason") || !parsed["reason"].is_string()) return {};
  const std::string reason = parsed["reason"];
  if (reason == "guest-shutdown") return last(Kind::kPoweredOff, "the guest powered off");
  if (reason == "guest-reset" || reason == "subsystem-reset")
    return last(Kind::kReset, "the guest reset itself");
  if (cause_.empty()) cause_ = fmt::format("QEMU was told to end: {}", reason);
  return {};
}

LifecycleReader::Reading LifecycleReader::on_disconnected() {
  if (over_) return {};
  return last(Kind::kGone, "the connection to libvirt broke");
}

}  // namespace bioscope::machine
