// SPDX-License-Identifier: GPL-2.0-only
// What one oracle or witness says of a tape, by itself: the model is fed record by record, as the
// judge of a trial does it. Tests only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracle/oracle.h"
#include "harness/testing/tape.h"

namespace bioscope::testing {

struct Judged {
  std::vector<oracle::Finding> findings{};
  std::vector<std::string> kinds{};     // of the findings, in their order
  std::vector<std::uint64_t> orders{};  // the records that the findings name
  std::string undecided{};
};

// An hour after the tape: whatever still waits by then has waited too long.
inline constexpr std::uint64_t kLongAfter = 3'600'000'000'000;

// `time` is the end mark's, ns; patience is one second. Expects of every finding what all must
// have: its oracle's name, an object (only what is left behind is a mere count), and an order that
// is not before its beginning.
Judged judge(std::string_view oracle, const Tape& tape, std::uint64_t time = kLongAfter);
Judged judge(std::string_view oracle, const Tape& tape, const oracle::Closing& closing);

// How often `witness` saw its pattern.
std::uint64_t count(std::string_view witness, const Tape& tape);

}  // namespace bioscope::testing
