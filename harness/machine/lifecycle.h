// SPDX-License-Identifier: GPL-2.0-only
// What the events of libvirt and QEMU say about the guest's life. libvirt alone tells neither a
// reset from a power-off nor who asked for one, nor a panic in its place; QEMU's own events, which
// come first, do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/machine/machine.h"

namespace bioscope::machine {

// The monitor events of QEMU that matter, as a regular expression.
inline constexpr char kMonitorEvents[] = "^(SHUTDOWN|GUEST_PANICKED)$";

class LifecycleReader {
 public:
  using Reading = std::optional<Lifecycle>;

  Reading on_lifecycle(int event, int detail);  // VIR_DOMAIN_EVENT_ID_LIFECYCLE
  Reading on_watchdog(int action);              // VIR_DOMAIN_EVENT_ID_WATCHDOG
  // One of kMonitorEvents and its details, a JSON object.
  Reading on_monitor(std::string_view event, std::string_view details);
  Reading on_disconnected();  // libvirt itself is out of reach

  // kPoweredOff, kReset or kGone has been read: nothing follows.
  bool over() const { return over_; }

 private:
  Reading last(Lifecycle::Kind kind, std::string detail);
  Reading on_stopped(int detail);
  Reading panicked();

  bool over_ = false;
  bool paused_ = false;
  bool panicked_ = false;
  std::string cause_{};  // what happened before QEMU went, if it explains that
};

}  // namespace bioscope::machine
