// SPDX-License-Identifier: GPL-2.0-only
// Ahead: kernels made in the background, before somebody asks for them. One at a time; who asks for
// one that is being made waits for it, and who asks for another makes it himself. What cannot be
// made ahead is left to him too, errors and all.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::campaign {

// A kernel that somebody asked for.
struct Made {
  std::string kernel{};  // for --kernel; empty if it cannot be had
  std::string broken{};  // why not: the compiler's first error, a patch that does not revert
};

class Ahead {
 public:
  using Make = std::function<Result<Made>(unsigned kernel, const std::stop_token& stop)>;
  // `patience`: that a build is waited for which nobody wants any more; then it is stopped, after
  // which the next one takes longer than it would.
  explicit Ahead(Make make, std::chrono::milliseconds patience = std::chrono::milliseconds(5000));
  ~Ahead();
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  // Makes these, the first one first, and forgets what was to be made until now.
  void foresee(std::vector<unsigned> kernels);
  // The kernel, if it was made or is being made; nothing if not, and then nothing else is being
  // made any more.
  std::optional<Made> take(unsigned kernel);
  // Nothing is being made after it.
  void rest();

 private:
  void end_making(std::unique_lock<std::mutex>& lock);
  void work(const std::stop_token& stop);

  const Make make_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  // of all below
  std::condition_variable_any changed_;
  std::vector<unsigned> wanted_{};
  std::optional<unsigned> making_{};
  std::stop_source stop_making_{};
  std::map<unsigned, Made> made_{};
  std::jthread worker_;  // last: it uses the others
};

}  // namespace bioscope::campaign
