// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/text.h"

#include <array>

namespace bioscope::report {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

// The first character of a text that is not empty; an invalid byte is one of its own.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {.code = first, .length = 1, .valid = true};
  struct Form {
    unsigned char mask, lead;
    std::size_t length;
    char32_t least;
  };
  constexpr std::array<Form, 3> kForms{
      {{0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}}};
  for (const Form& form : kForms) {
    if ((first & form.mask) != form.lead || text.size() < form.length) continue;
    char32_t code = first & static_cast<unsigned char>(~form.mask);
    for (std::size_t i = 1; i < form.length; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return {};
      code = code << 6 | (byte(i) & 0x3f);
    }
    if (code < form.least || code > 0x10ffff) return {};
    return {.code = code, .length = form.length, .valid = true};
  }
  return {};
}

bool within(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }

bool is_safe(char32_t code) {
  const bool control = code < 0x20 || within(code, 0x7f, 0x9f);
  const bool no_xml = within(code, 0xd800, 0xdfff) || code == 0xfffe || code == 0xffff;
  const bool direction =
      within(code, 0x200e, 0x200f) || within(code, 0x2028, 0x202e) || within(code, 0x2066, 0x2069);
  return !control && !no_xml && !direction;
}

std::string safe(std::string_view text, std::size_t limit, bool keep_lines) {
  constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t cut_at = 0;  // where the mark goes if the text turns out too long
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count + kCut.size() == limit) cut_at = out.size();
    if (count == limit) {
      out.resize(cut_at);
      return out += kCut;
    }
    const Character character = decode(text);
    const bool is_blank = character.code == '\n' || character.code == '\t';
    if (is_blank && character.valid)
      out += keep_lines ? text.front() : ' ';
    else if (character.valid && is_safe(character.code))
      out += text.substr(0, character.length);
    else
      out += '?';
    text.remove_prefix(character.length);
  }
  return out;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t limit) { return safe(text, limit, false); }

std::string lines(std::string_view text, std::size_t limit) { return safe(text, limit, true); }

}  // namespace bioscope::report
