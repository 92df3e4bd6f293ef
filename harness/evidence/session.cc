// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/session.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"

namespace bioscope::evidence {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HostActionTaken, seconds, action, argument, error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(
    Session, schema, accelerator, scale, vcpus, running, first_output, hello, armed, scenario_end,
    bye, ended, nth, console_begin, console_end, end, expired, interrupted, dump_error, host_error,
    control_fault, trace_fault, heartbeats, last_heartbeat, longest_gap, progress, last_progress,
    window, ran, delayed, starvation, actions, stand)

// A guest that wanted to run, waited for half of the time and ran little was given no chance. An
// idle guest does not wait; one that shares the CPUs with another guest runs as long as it waits.
bool Session::starved() const { return window > 0 && delayed >= window / 2 && ran < delayed / 2; }

std::string read_console(const std::filesystem::path& guest) {
  auto bytes = read_file(guest / "console").value_or("");
  const auto session = parse_session(read_file(guest / "clock").value_or("")).value_or(Session{});
  if (session.console_end != 0) bytes.resize(std::min(bytes.size(), session.console_end));
  return bytes.substr(std::min(bytes.size(), session.console_begin));
}

std::string to_json(const Session& session) { return nlohmann::json(session).dump(2) + "\n"; }

Result<Session> parse_session(std::string_view json) {
  try {
    return nlohmann::json::parse(json).get<Session>();
  } catch (const nlohmann::json::exception& error) {
    return usage_error("the session record is not readable: {}", error.what());
  }
}

}  // namespace bioscope::evidence
