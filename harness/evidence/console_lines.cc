// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console_lines.h"

#include <algorithm>
#include <optional>

namespace bioscope::evidence {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Prefix {
  std::size_t length = 0;
  double seconds = -1;
  std::string_view caller{};
};

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// "[   T12]" or "[    C0]" directly behind the timestamp.
std::size_t parse_caller(std::string_view text, std::size_t at, std::string_view& caller) {
  if (at >= text.size() || text[at] != '[') return at;
  const auto start = skip_spaces(text, at + 1);
  if (start >= text.size() || (text[start] != 'T' && text[start] != 'C')) return at;
  auto end = start + 1;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == start + 1 || end >= text.size() || text[end] != ']') return at;
  caller = text.substr(start, end - start);
  return end + 1;
}

// "[    1.234567] ", as printk writes it: exactly six digits of microseconds.
std::optional<Prefix> parse_prefix(std::string_view text) {
  std::size_t at = 0;
  if (text.size() > 3 && text[0] == '<' && is_digit(text[1]))
    if (const auto close = text.find('>'); close <= 4) at = close + 1;
  if (at >= text.size() || text[at] != '[') return std::nullopt;
  at = skip_spaces(text, at + 1);
  Prefix prefix;
  double seconds = 0;
  const auto whole = at;
  for (; at < text.size() && is_digit(text[at]); ++at) seconds = seconds * 10 + (text[at] - '0');
  if (at == whole || at - whole > 12 || at + 7 >= text.size() || text[at] != '.')
    return std::nullopt;
  double micros = 0;
  for (std::size_t i = 1; i <= 6; ++i) {
    if (!is_digit(text[at + i])) return std::nullopt;
    micros = micros * 10 + (text[at + i] - '0');
  }
  at += 7;
  if (text[at] != ']') return std::nullopt;
  at = parse_caller(text, at + 1, prefix.caller);
  if (at < text.size() && text[at] == ' ') ++at;
  prefix.seconds = seconds + micros / 1e6;
  prefix.length = at;
  return prefix;
}

bool is_plain(std::string_view raw) {
  return std::all_of(raw.begin(), raw.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

// Past an escape sequence that starts at `at`: "ESC [ parameters letter" or ESC and one character.
std::size_t skip_escape(std::string_view raw, std::size_t at) {
  if (++at >= raw.size()) return at;
  if (raw[at] != '[') return at + 1;
  for (++at; at < raw.size(); ++at)
    if (raw[at] >= '@' && raw[at] <= '~') return at + 1;
  return at;
}

void clean(std::string_view raw, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < raw.size();) {
    const auto byte = static_cast<unsigned char>(raw[at]);
    if (byte == 0x1b) {
      at = skip_escape(raw, at);
      continue;
    }
    if ((byte >= 0x20 && byte != 0x7f) || byte == '\t') out.push_back(raw[at]);
    ++at;
  }
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  auto raw = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  while (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
  return raw;
}

// A banner without a timestamp settles it: a timestamp further on is then a program's.
bool has_timestamps(std::string_view bytes) {
  std::string cleaned;
  while (!bytes.empty()) {
    clean(take_line(bytes), cleaned);
    if (cleaned.starts_with("Linux version ")) return false;
    for (auto at = cleaned.find('['); at != cleaned.npos; at = cleaned.find('[', at + 1))
      if (parse_prefix(std::string_view(cleaned).substr(at))) return true;
  }
  return false;
}

}  // namespace

LineReader::LineReader(std::string_view bytes) : rest_(bytes), timed_(has_timestamps(bytes)) {}

bool LineReader::next(ConsoleLine& line) {
  line = {};
  if (!pending_.empty()) {
    line.number = number_;
    split_prefix(pending_, line);
    return true;
  }
  if (rest_.empty()) return false;
  auto raw = take_line(rest_);
  line.number = ++number_;
  if (!is_plain(raw)) {
    clean(raw, cleaned_);
    raw = cleaned_;
  }
  split_prefix(raw, line);
  return true;
}

void LineReader::split_prefix(std::string_view whole, ConsoleLine& line) {
  pending_ = {};
  std::size_t start = 0;
  if (const auto prefix = parse_prefix(whole)) {
    line.kernel = true;
    line.seconds = last_seconds_ = prefix->seconds;
    line.caller = prefix->caller;
    start = prefix->length;
  } else {
    line.kernel = !timed_;
  }
  // The kernel does not wait for a program to end its line. A quoted old line has an old time.
  for (auto at = whole.find('[', start); at != whole.npos; at = whole.find('[', at + 1)) {
    const auto prefix = parse_prefix(whole.substr(at));
    if (!prefix || prefix->seconds < last_seconds_) continue;
    pending_ = whole.substr(at);
    whole = whole.substr(0, at);
    break;
  }
  line.whole = whole;
  line.text = whole.substr(start);
}

}  // namespace bioscope::evidence
