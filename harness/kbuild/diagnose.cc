// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/diagnose.h"

#include "harness/base/text.h"

namespace bioscope::kbuild {
namespace {

constexpr std::size_t kContext = 3;  // lines behind the first error: the code and where in it

bool has(std::string_view line, std::string_view word) {
  return line.find(word) != std::string_view::npos;
}

bool is_code_error(std::string_view line) {
  constexpr std::string_view kMarks[] = {": error: ",
                                         ": fatal error: ",
                                         "undefined reference to",
                                         "multiple definition of",
                                         "ERROR: modpost:",
                                         "undefined symbol: ",
                                         ": Error: ",
                                         "syntax error",
                                         "*** missing separator"};
  for (const auto mark : kMarks)
    if (has(line, mark)) return true;
  return line.starts_with("ERROR: ");
}

std::string with_context(std::string_view line, std::string_view rest) {
  std::string text(line);
  for (std::size_t i = 0; i < kContext && rest.starts_with(' '); ++i) {
    const auto more = take_line(rest);
    if (is_target_line(more)) break;
    text += '\n';
    text += more;
  }
  return text;
}

}  // namespace

bool is_target_line(std::string_view line) {
  return line.size() > 4 && line.starts_with("  ") && line[2] >= 'A' && line[2] <= 'Z' &&
         line[3] >= 'A' && line[3] <= 'Z';
}

Diagnosis diagnose(std::string_view log) {
  Diagnosis code{.trouble = Trouble::kCode};
  std::string stars;
  while (!log.empty()) {
    const auto line = take_line(log);
    if (has(line, "No space left on device"))
      return {.trouble = Trouble::kDiskFull, .text = std::string(line)};
    if (has(line, "Killed signal terminated program") || line.ends_with("] Killed"))
      return {.trouble = Trouble::kKilled, .text = std::string(line)};
    if (code.text.empty() && is_code_error(line)) code.text = with_context(line, log);
    if (stars.empty() && has(line, "*** ")) stars = line;
  }
  if (!code.text.empty()) return code;
  return {.trouble = Trouble::kOther, .text = stars};
}

}  // namespace bioscope::kbuild
