// SPDX-License-Identifier: GPL-2.0-only
// What the events of libvirt and QEMU say about the guest's life. libvirt alone tells neither a
// reset from a power-off nor who asked for one; QEMU's own event, which comes first, does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/machine/machine.h"

namespace bioscope::machine {

class LifecycleReader {
 public:
  using Reading = std::optional<Lifecycle>;

  Reading on_lifecycle(int event, int detail);  // VIR_DOMAIN_EVENT_ID_LIFECYCLE
  Reading on_watchdog(int action);              // VIR_DOMAIN_EVENT_ID_WATCHDOG
  // A monitor event of QEMU and its details, a JSON object.
  Reading on_monitor(std::string_view event, std::string_view details);
  Reading on_disconnected();  // libvirt itself is out of reach

  // kPoweredOff, kReset or kGone has been read: nothing follows.
  bool over() const { return over_; }

 private:
  Reading last(Lifecycle::Kind kind, std::string detail);
  Reading on_stopped(int detail);

  bool over_ = false;
  bool paused_ = false;
  std::string cause_{};  // what happened before QEMU went, if it explains that
};

}  // namespace bioscope::machine
