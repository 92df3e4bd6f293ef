// SPDX-License-Identifier: GPL-2.0-only
// The metadata of a trace: TSDL text (CTF 1.8) generated from event.h, and what our reader takes
// back out of it. The layout it declares is byte for byte that of bsc_record and PacketHead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/evidence/packet.h"

namespace bioscope::evidence {

// What a trace says about itself.
struct TraceInfo {
  std::string kernel_release{};
  std::string kernel_build_id{};
  std::string scenario{};
  std::uint32_t abi = BSC_ABI_VERSION;
  std::uint64_t realtime_offset_ns = 0;  // CLOCK_REALTIME of CLOCK_MONOTONIC's 0; 0 if unknown
  TraceUuid uuid{};                      // chosen by the writer
};

std::string metadata(const TraceInfo& info);

// A usage error says what is wrong with the text, without naming a file.
Result<TraceInfo> parse_metadata(std::string_view text);

}  // namespace bioscope::evidence
