// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/wait.h"

#include <thread>

namespace bioscope::scenario {

bool wait_until(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace bioscope::scenario
