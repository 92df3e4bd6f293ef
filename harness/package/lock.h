// SPDX-License-Identifier: GPL-2.0-only
// Lock: one holder at a time of a name in the cache, among all processes of this machine. Waits;
// is released by the destructor, or by the kernel when its holder dies.
#pragma once

#include <filesystem>
#include <optional>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::package {

class Lock {
 public:
  // `path` is created if it is not there and stays.
  static Result<Lock> take(const std::filesystem::path& path);

  // Nothing if somebody else holds it.
  static Result<std::optional<Lock>> try_take(const std::filesystem::path& path);

 private:
  explicit Lock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace bioscope::package
