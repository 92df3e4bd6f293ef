// SPDX-License-Identifier: GPL-2.0-only
// Account: what the guest's agent said of one session, from guests/G/control.jsonl: one message a
// line, each with the time of receipt (host_ns, from the start of the machine). A line that cannot
// be read is counted, not fatal.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "guest/wire/message.h"

namespace bioscope::evidence {

struct Account {
  std::optional<wire::Hello> hello;
  std::vector<wire::ModuleLoaded> modules;
  std::optional<wire::Armed> armed;
  std::vector<wire::Assertion> assertions;
  std::optional<wire::ScenarioEnd> end;
  std::optional<wire::Loss> loss;
  std::vector<std::string> phases;
  bool bye = false;
  unsigned unreadable = 0;  // lines

  void take(const wire::ToHost& message);
};

Account read_account(std::string_view control_jsonl);

// One line of the file, newline included.
std::string account_line(double seconds, const wire::ToHost& message);

}  // namespace bioscope::evidence
