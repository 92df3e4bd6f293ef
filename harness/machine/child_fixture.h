// SPDX-License-Identifier: GPL-2.0-only
// Real processes for this folder's tests: a forked child that does not outlive its scope, and
// waiting for what other processes will soon have done. Tests only.
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/base/check.h"

namespace bioscope::machine {

class TestChild {
 public:
  template <class Body>
  explicit TestChild(Body body) : pid_(::fork()) {
    BSC_CHECK(pid_ >= 0);
    if (pid_ > 0) return;
    body();
    ::_exit(0);
  }
  TestChild(const TestChild&) = delete;
  TestChild& operator=(const TestChild&) = delete;
  ~TestChild() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// The value once there is one; nothing after ten seconds without.
template <class Try>
auto eventually(Try attempt) -> decltype(attempt()) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (;;) {
    if (auto value = attempt()) return value;
    if (std::chrono::steady_clock::now() > limit) return {};
    ::usleep(1000);
  }
}

// A fresh directory, removed with its content.
class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = "/tmp/bioscope-test-XXXXXX";
    BSC_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bioscope::machine
