// SPDX-License-Identifier: GPL-2.0-only
// One program started, nothing more: fork and exec through Boost.Process, the stage that run() and
// Child share. The program leads a process group of its own, dies when the calling thread does,
// and has no descriptors but those named. Inside harness/process only.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::process {

struct Launch {
  const std::vector<std::string>& argv;
  const std::map<std::string, std::string>& environment;
  std::filesystem::path directory{};
  int streams[3] = {0, 1, 2};  // become standard input, output and error
  std::vector<int> inherit{};
};

// A running program that only wait_ended() reaps, so that its pid stays its own until then.
struct Launched {
  pid_t pid = -1;
  Fd pidfd{};  // readable once it has ended
};

Result<Launched> launch(const Launch& what);

struct Ended {
  int code = 0;    // exit status, or 128 + signal
  int signal = 0;  // 0 unless killed by one
};

// Waits for the end, kills what is left of its process group, then reaps it.
Ended wait_ended(const Launched& launched);

// True once it has ended, within this many milliseconds.
bool ends_within(const Launched& launched, int milliseconds);

}  // namespace bioscope::process
