// SPDX-License-Identifier: GPL-2.0-only
// Proofs: the record by which an oracle found a planted bug in a real guest, cut down to what it is
// about, as a text file of proof/ORACLE/. Its replay must give the finding again. Pure: text in,
// text out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/evidence/transcript.h"
#include "harness/oracle/oracle.h"

namespace bioscope::oracle {

struct Proof {
  std::string kernel{};    // "built:02-dm-write-behind"
  std::string scenario{};  // "dm/linear_concurrent"
  std::string oracle{};
  std::string kind{};
  std::uint64_t object = 0;
  std::uint64_t order = 0;
  std::vector<evidence::RecordWords> records{};
};

std::string to_text(const Proof& proof);

// A usage error names the line.
Result<Proof> parse_proof(std::string_view text);

// Whether the oracle finds it in these records, at this one.
bool holds(const Proof& proof);

}  // namespace bioscope::oracle
