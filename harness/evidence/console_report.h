// SPDX-License-Identifier: GPL-2.0-only
// Report: one report of the kernel while its lines come in: which lines belong to it, its stack,
// and the splat it makes in the end. For console.cc alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/console.h"
#include "harness/evidence/console_frames.h"
#include "harness/evidence/console_kinds.h"
#include "harness/evidence/console_lines.h"

namespace bioscope::evidence {

class Report {
 public:
  Report(Header header, const ConsoleLine& line);

  // Its first line was `line` (a "cut here", with more text since), not the header's.
  void begin_at(std::size_t line, double seconds, std::string_view text);

  // Takes the line; false, and nothing taken, if the report was over before it.
  bool take(const ConsoleLine& line);
  // Takes a line that is its own whatever it looks like.
  void append(const ConsoleLine& line);
  void corrupt() { splat_.corrupted = true; }
  void add_caller(std::string_view caller) { callers_.emplace_back(caller); }

  bool has_caller(std::string_view caller) const;
  bool shares_caller(const Report& other) const;
  // Its last first line may be yet to come, see Header.
  bool expects_more() const { return expects_more_ && !has_stack(); }
  Shape shape() const { return shape_; }
  std::string_view kind() const { return splat_.kind; }
  int cpu() const { return cpu_; }
  bool has_stack() const { return stage_ != Stage::kHead; }
  // The line would open a report, but goes on with this one.
  bool continues_with(std::string_view text) const;
  // A first line of another report means that this one is over, not interrupted.
  bool is_complete() const;
  // Its own last line was taken.
  bool is_closed() const { return stage_ == Stage::kClosed; }

  Splat finish() &&;

 private:
  enum class Stage {
    kHead,    // the stack is yet to come
    kStack,   // in its first stack
    kBehind,  // behind it
    kTail,    // behind "end trace"; registers may be repeated
    kClosed,
  };

  bool belongs(std::string_view text) const;
  void read(std::string_view text);
  void read_stack(std::string_view text);
  bool read_marker(std::string_view text);
  void read_in_flight(std::string_view text);
  std::vector<std::string> frames() const;

  Splat splat_{};
  Shape shape_{};
  bool expects_more_ = false;
  bool died_ = false;  // die() has spoken
  int cpu_ = -1;
  Stage stage_ = Stage::kHead;
  std::vector<std::string> callers_{};
  std::size_t lines_ = 0;
  std::size_t header_line_ = 0;
  std::size_t header_end_ = 0;  // of the header in the text
  std::size_t foreign_ = 0;     // lines of others within the stack
  bool in_task_ = false;
  bool in_interrupt_ = false;
  std::string culprit_{};  // of RIP
  std::vector<Frame> task_{}, interrupt_{};
};

// Adds a line to a report's text; lines and text are bounded.
void append_text(std::string& text, std::string_view line);

// 16 hex digits.
std::string fingerprint_of(const Splat& splat);

bool is_box(std::string_view text);

}  // namespace bioscope::evidence
