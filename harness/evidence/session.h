// SPDX-License-Identifier: GPL-2.0-only
// Session: what the runner saw of one guest from outside: clocks, lifecycle, channels, how the
// host treated it. Stored as guests/G/clock (JSON); written by harness/run, read by the judge.
// Seconds count from the moment the machine was asked to start.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "harness/base/result.h"
#include "harness/evidence/stand.h"

namespace bioscope::evidence {

struct HostActionTaken {
  double seconds = 0;
  std::string action{};
  std::string argument{};
  std::string error{};  // empty: it worked
};

struct Session {
  int schema = 1;
  std::string accelerator{};
  double scale = 1;  // clocks were stretched by this
  unsigned vcpus = 0;

  double running = -1;       // QEMU ran; below 0: it never did
  double first_output = -1;  // first byte on the console
  double hello = -1;         // the agent spoke
  double armed = -1;
  double scenario_end = -1;  // the body was over
  double bye = -1;           // everything was drained
  double ended = -1;         // the machine was gone or given up

  unsigned nth = 0;  // trials of the same boot before this one
  // The part of the guest's console that belongs to it, in bytes; end 0: to its end.
  std::uint64_t console_begin = 0;
  std::uint64_t console_end = 0;

  // "powered_off", "panicked", "reset", "watchdog", "gone"; "destroyed" if we ended it, "rests" if
  // it went on with another trial.
  std::string end{};
  // The clock that ran out: "boot", "scenario", "no_progress", "silent", "total"; else empty.
  std::string expired{};
  bool interrupted = false;     // by the user
  std::string dump_error{};     // why --dump left nothing
  std::string host_error{};     // the machine could not be started or watched
  std::string control_fault{};  // garbage on a channel, or a channel closed too early
  std::string trace_fault{};

  std::uint64_t heartbeats = 0;
  double last_heartbeat = -1;
  double longest_gap = 0;      // between heartbeats, seconds
  std::uint64_t progress = 0;  // of the last heartbeat
  double last_progress = -1;

  // Of the window that the expired clock watched, or of the whole session: vCPU threads ran,
  // and were runnable but did not run. Their sum over time is at most vcpus.
  double window = 0;
  double ran = 0;
  double delayed = 0;

  // Of the whole session: the worst share, over some seconds, of the time in which vCPUs wanted to
  // run that they spent waiting for a CPU. 0 to 1.
  double starvation = 0;

  std::vector<HostActionTaken> actions{};
  Stand stand{};  // of the vCPUs, when the clock had run out

  // The host kept the guest from running: waiting for the expired clock proves nothing about the
  // kernel.
  bool starved() const;
  // At some time the guest ran at half of its speed or less: how long something took in it proves
  // nothing either. Its kernel's own clocks are not stretched as ours are.
  bool crawled() const { return starvation >= 0.5; }
};

// What the guest of this folder wrote to its console in the session that is recorded there; empty
// if there is none.
std::string read_console(const std::filesystem::path& guest);

std::string to_json(const Session& session);
Result<Session> parse_session(std::string_view json);

}  // namespace bioscope::evidence
