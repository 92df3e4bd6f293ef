// SPDX-License-Identifier: GPL-2.0-only
// Clocks: how long a guest may take for what. Stretched by how slow the machine is (TCG, KASAN,
// lockdep), so that a slow guest is not mistaken for a hung one.
#pragma once

#include <chrono>

namespace bioscope::run {

struct Clocks {
  std::chrono::duration<double> boot{20};         // until the agent speaks
  std::chrono::duration<double> scenario{20};     // from its word to the end of the body
  std::chrono::duration<double> no_progress{10};  // heartbeats go on, the workload does not
  std::chrono::duration<double> silent{5};        // no heartbeat, no byte on the console
  std::chrono::duration<double> total{60};        // everything
  std::chrono::duration<double> grace{1};         // after the end: what is still to be heard

  Clocks stretched(double scale) const {
    return {boot * scale,   scenario * scale, no_progress * scale,
            silent * scale, total * scale,    grace};
  }
};

}  // namespace bioscope::run
