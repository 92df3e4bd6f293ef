// SPDX-License-Identifier: GPL-2.0-only
// QuietHost: a Host for unit tests of fixtures, without an agent: it keeps what it was told.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "guest/scenario/scenario.h"

namespace bioscope::scenario {

class QuietHost final : public Host {
 public:
  void mark(std::uint32_t kind, std::uint64_t, std::string_view label) override {
    const std::scoped_lock lock(mutex_);
    marks.push_back(fmt::format("{} {}", kind, label));
  }
  void disk(std::uint32_t, std::uint64_t, std::string_view) override {}
  void cgroup(std::string_view, std::uint32_t, std::uint32_t) override {}
  void io(const bsc_event_io_call& call) override {
    const std::scoped_lock lock(mutex_);
    calls.push_back(call);
  }
  void io(const bsc_event_io_return& returned) override {
    const std::scoped_lock lock(mutex_);
    returns.push_back(returned);
  }
  void io(const bsc_event_io_seen& what) override {
    const std::scoped_lock lock(mutex_);
    seen.push_back(what);
  }
  Status act(std::string_view, std::string_view) override { return {}; }
  Status load_module(std::string_view) override { return {}; }
  std::vector<std::string> disks_of_modules() override { return {}; }
  void progress() override { ++steps; }

  std::vector<std::string> marks;
  std::vector<bsc_event_io_call> calls;
  std::vector<bsc_event_io_return> returns;
  std::vector<bsc_event_io_seen> seen;
  std::atomic<unsigned> steps{0};

 private:
  std::mutex mutex_;
};

}  // namespace bioscope::scenario
