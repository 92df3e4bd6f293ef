// SPDX-License-Identifier: GPL-2.0-only
// LineReader: console bytes as lines, and which of them the kernel printed. Guests boot with
// printk.time=1, so once a console shows one timestamp, a line without one is somebody else's (the
// firmware's, a program's) however much it looks like a report. For console.cc alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bioscope::evidence {

struct ConsoleLine {
  std::size_t number = 0;   // 1-based; a kernel line printed behind a program's half line shares it
  std::string_view text{};  // without prefix, control characters and line end
  std::string_view whole{};   // the same with its prefix
  std::string_view caller{};  // "T123" or "C0" of CONFIG_PRINTK_CALLER; empty without
  double seconds = -1;        // below 0: no timestamp
  bool kernel = false;
};

class LineReader {
 public:
  explicit LineReader(std::string_view bytes);

  // False at the end. The views hold until the next call.
  bool next(ConsoleLine& line);

 private:
  void split_prefix(std::string_view whole, ConsoleLine& line);

  std::string_view rest_;
  std::string_view pending_;  // what follows on the same line behind a program's half line
  std::string cleaned_;
  std::size_t number_ = 0;
  double last_seconds_ = -1;
  bool timed_ = false;
};

}  // namespace bioscope::evidence
