// SPDX-License-Identifier: GPL-2.0-only
// The byte streams between a guest and the host: a Channel socket of QEMU, and the console file
// QEMU appends to, whose growth inotify tells. Both are read without blocking, a bounded piece at
// a time, so that no stream can keep another from being heard.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::machine {

class ChannelSocket {
 public:
  Status connect(const std::filesystem::path& path);
  bool open() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  bool wants_to_write() const { return open() && !unsent_.empty(); }

  // What has arrived, at most one piece. Closes at the end of the stream.
  std::string read();
  // Queues, and writes what can be written at once. Bytes for a closed channel are dropped.
  void write(std::string_view bytes);

 private:
  Fd fd_{};
  std::string unsent_{};
};

class ConsoleFile {
 public:
  // Creates the file anew and watches it.
  Status open(const std::filesystem::path& path);
  int fd() const { return watch_.get(); }  // readable when the file has grown
  bool more() const { return more_; }      // without waiting for fd()
  void expect_more() { more_ = true; }
  std::string read();

 private:
  Fd file_{};
  Fd watch_{};
  bool more_ = false;
};

}  // namespace bioscope::machine
