// SPDX-License-Identifier: GPL-2.0-only
// Load log: who failed and why, read out of what libbpf prints when an object does not load.
#pragma once

#include <string>
#include <string_view>

namespace bioscope::loader {

struct LoadFailure {
  std::string program;  // empty if the log blames no program
  std::string why;      // one line: libbpf's reason, then the verifier's last words
};

LoadFailure parse_load_log(std::string_view log);

}  // namespace bioscope::loader
