// SPDX-License-Identifier: GPL-2.0-only
// Clock: where code that waits or judges time gets the time from, so that tests can turn it by
// hand. Steady time only; wall-clock time is for people and is taken where it is printed.
#pragma once

#include <chrono>

namespace bioscope {

class Clock {
 public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  virtual ~Clock() = default;
  virtual time_point now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  time_point now() const override { return std::chrono::steady_clock::now(); }
};

class ManualClock final : public Clock {
 public:
  time_point now() const override { return now_; }
  void advance(duration step) { now_ += step; }

 private:
  time_point now_{};
};

}  // namespace bioscope
