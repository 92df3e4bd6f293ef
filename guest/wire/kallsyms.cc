// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/kallsyms.h"

#include <fmt/format.h>

#include <charconv>

namespace bioscope::wire {
namespace {

constexpr std::size_t kTypeColumn = 17;  // after sixteen digits and a space

bool names_text(std::string_view line) {
  if (line.size() <= kTypeColumn) return false;
  const char type = line[kTypeColumn];
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

std::string TextSymbols::feed(std::string_view bytes) {
  std::string lines;
  for (auto end = bytes.find('\n'); end != bytes.npos && !ended_; end = bytes.find('\n')) {
    if (rest_.empty()) {
      take(bytes.substr(0, end + 1), lines);
    } else {
      rest_ += bytes.substr(0, end + 1);
      take(rest_, lines);
      rest_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  rest_ += bytes;
  return lines;
}

void TextSymbols::take(std::string_view line, std::string& lines) {
  ended_ = line.ends_with("]\n");
  if (!ended_ && names_text(line)) lines += line;
}

std::uint64_t symbol_address(std::string_view lines, std::string_view symbol) {
  const auto at = lines.find(fmt::format(" {}\n", symbol));
  if (at == lines.npos) return 0;
  const auto before = lines.rfind('\n', at);
  return hex_address(lines.substr(before == lines.npos ? 0 : before + 1, kTypeColumn - 1));
}

std::uint64_t hex_address(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

}  // namespace bioscope::wire
