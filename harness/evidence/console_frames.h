// SPDX-License-Identifier: GPL-2.0-only
// Frames: lines of a kernel stack trace as function names that stay the same from build to build,
// and which of them mean something. For console.cc alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bioscope::evidence {

struct Frame {
  std::string name{};    // "function" or "function [module]"
  bool reliable = true;  // false: the unwinder marked it "? "
};

// " ? dm_submit_bio.part.0+0x1a/0x30 [dm_mod]" -> "dm_submit_bio [dm_mod]". A raw address gives an
// empty name. False if the line is no frame.
bool parse_frame(std::string_view text, Frame& frame);

// "func.isra.0+0x12/0x40 [mod 0123abcd]" at the start of `text` -> "func [mod]"; empty if the text
// does not start with a symbol and an offset.
std::string symbol_at(std::string_view text);

// Drops the reporting and trapping machinery above the culprit and the entry code below it; keeps
// unreliable frames only if there are no others. At most `limit` names.
std::vector<std::string> meaningful(const std::vector<Frame>& frames, std::size_t limit);

}  // namespace bioscope::evidence
