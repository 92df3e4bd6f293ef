// SPDX-License-Identifier: GPL-2.0-only
// Transcripts: records as lines of text, and back to the same records, for the few that are worth
// keeping beside the code. Stacks are left out. Pure; everyone who reads records may use it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/evidence/schema.h"

namespace bioscope::evidence {

// "3814 6.105123456 0 0 94 94 "bsc/0" bio_put bio=0xffff888004571b00 refs=1 flags=0x0": order,
// seconds, CPU, context, tid, tgid, comm, event and its fields.
std::string transcribe(const bsc_record& record);

// A record with its payload, as words that a bsc_record* may point to.
using RecordWords = std::vector<std::uint64_t>;

// One such line. A usage error says what of it cannot be read.
Result<RecordWords> read_transcript(std::string_view line);

inline const bsc_record& record_of(const RecordWords& words) {
  return *reinterpret_cast<const bsc_record*>(words.data());
}

}  // namespace bioscope::evidence
