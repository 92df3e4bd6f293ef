// SPDX-License-Identifier: GPL-2.0-only
// Job: what the runner gives a worker: one machine, what to start in it and where to record. A
// JSON file beside the machine's root, since the worker is a process of its own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "guest/wire/message.h"
#include "harness/base/result.h"
#include "harness/machine/machine.h"
#include "harness/run/clocks.h"

namespace bioscope::run {

struct Job {
  machine::MachineSpec machine{};
  wire::Start start{};
  Clocks clocks{};  // already stretched
  double scale = 1;
  std::filesystem::path guest{};  // guests/G of the run directory
  bool dump = false;              // a crash leaves guests/G/memory.kdump
  bool keep = false;              // the machine stays, paused, until the runner lets go of it
};

std::string to_json(const Job& job);
Result<Job> parse_job(std::string_view json);

}  // namespace bioscope::run
