// SPDX-License-Identifier: GPL-2.0-only
// Trial: what one trial was meant to do (trials/T/plan.json) and which part of which guest's
// record is its own (trials/T/slice). Written before boot, so that a stored run can be judged
// again without the program that made it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "guest/wire/fault.h"
#include "harness/base/result.h"

namespace bioscope::evidence {

struct Trial {
  int schema = 1;
  std::string scenario{};
  unsigned number = 0;
  unsigned attempt = 0;
  unsigned guest = 0;  // guests/G
  std::uint64_t seed = 0;
  bool long_form = false;
  std::string kernel{};  // digest of what booted
  std::string release{};
  std::vector<std::string> command{};  // of `exec`
  std::vector<std::string> needs{};
  std::vector<std::string> probes{};
  std::vector<std::string> oracles{};
  std::vector<std::string> witness{};
  std::vector<std::string> boot{};     // arguments of the kernel beyond those of every run
  std::vector<wire::Fault> faults{};   // in the order by which records number them
  bool expects_errors = false;         // of I/O: the scenario declares faults of that kind itself
  std::vector<std::string> modules{};  // of the user's own: "modules/mine.ko size=8", in RUN
  std::string nvdimm{};                // the user's own file, which goes on changing
  std::string expect{};
  std::string expect_finding{};
};

std::string to_json(const Trial& trial);
Result<Trial> parse_trial(std::string_view json);

// Orders first..last; last 0 means: to the end.
struct Slice {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::string to_json(const Slice& slice);
Result<Slice> parse_slice(std::string_view json);

}  // namespace bioscope::evidence
