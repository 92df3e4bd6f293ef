// SPDX-License-Identifier: GPL-2.0-only
// Port: a virtio-serial port of this guest. Writes wait for the host to take the bytes; any thread
// may write, one reads.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::agent {

class Port {
 public:
  // The port with that name, as soon as the driver shows it.
  static Result<Port> open(const char* name, std::chrono::milliseconds limit);

  explicit Port(Fd fd) : fd_(std::move(fd)) {}
  Port(Port&& other) noexcept : fd_(std::move(other.fd_)) {}

  // Whole, not mixed with other writes. An error if the descriptor breaks; while nobody listens on
  // the other side it waits.
  Status write(std::string_view bytes);

  bool peer_listens() const;

  // What came within `limit`; empty if nothing did.
  Result<std::string> read(std::chrono::milliseconds limit);

 private:
  Fd fd_;
  std::mutex writing_;
};

}  // namespace bioscope::agent
