// SPDX-License-Identifier: GPL-2.0-only
// Lines, words and numbers off the front of a text; and text in lines of a width.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bioscope {

// Takes the first line off `text`, without its end.
inline std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trimmed(text)).empty()) {
    words.emplace_back(text.substr(0, text.find_first_of(" \t\r\n")));
    text.remove_prefix(words.back().size());
  }
  return words;
}

// `words` behind `head`, in lines of at most `columns` as far as single words allow (0: one line);
// the lines behind the first begin with `indent` blanks.
inline std::vector<std::string> wrap(std::string head, const std::vector<std::string>& words,
                                     std::size_t indent, std::size_t columns) {
  std::vector<std::string> lines;
  for (const std::string& word : words) {
    const std::size_t blank = head.empty() || head.ends_with(' ') ? 0 : 1;
    if (columns != 0 && head.size() + blank + word.size() > columns && !trimmed(head).empty()) {
      lines.push_back(std::move(head));
      head = std::string(indent, ' ') + word;
    } else {
      head += std::string(blank, ' ') + word;
    }
  }
  lines.push_back(std::move(head));
  return lines;
}

}  // namespace bioscope
