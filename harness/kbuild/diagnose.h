// SPDX-License-Identifier: GPL-2.0-only
// Why a make ended badly, out of its log. Pure. This folder only.
#pragma once

#include <string>
#include <string_view>

namespace bioscope::kbuild {

enum class Trouble {
  kCode,      // the source does not compile, link or pass modpost
  kDiskFull,  // of the host
  kKilled,    // the host killed the compiler, as when memory is short
  kOther,     // make itself or a tool
};

struct Diagnosis {
  Trouble trouble{};
  std::string text{};  // the first error, with the lines that explain it
};

Diagnosis diagnose(std::string_view log);

// Targets that make says it has done: "  CC      drivers/md/dm.o".
bool is_target_line(std::string_view line);

}  // namespace bioscope::kbuild
