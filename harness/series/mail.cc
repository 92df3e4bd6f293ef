// SPDX-License-Identifier: GPL-2.0-only
#include "harness/series/mail.h"

#include <cctype>
#include <map>

#include <fmt/core.h>

#include "harness/base/text.h"

namespace bioscope::series {
namespace {

constexpr unsigned kDeepest = 8;  // parts within parts

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::ranges::all_of(line.substr(0, colon), [](char c) { return c > ' ' && c < 0x7f; });
}

// "From 0123abc Mon Sep 17 00:00:00 2001": ends with a year.
bool is_postmark(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  const auto text = trimmed(line);
  if (text.size() < 24 || text.find(':') == std::string_view::npos) return false;
  return std::ranges::all_of(text.substr(text.size() - 4),
                             [](unsigned char c) { return std::isdigit(c) != 0; });
}

using Headers = std::map<std::string, std::string>;

// Takes the headers and the empty line behind them off `text`; nothing if it has none.
Headers take_headers(std::string_view& text) {
  Headers headers;
  auto rest = text;
  std::string last;
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (trimmed(line).empty()) {
      text = rest;
      return headers;
    }
    if ((line[0] == ' ' || line[0] == '\t') && !last.empty()) {
      headers[last] += fmt::format(" {}", trimmed(line));
    } else if (is_header(line)) {
      const auto colon = line.find(':');
      last = lower(line.substr(0, colon));
      headers[last] = trimmed(line.substr(colon + 1));
    } else {
      return {};
    }
  }
  return {};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string quoted_printable(std::string_view text, bool in_header) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_header && c == '_') {
      result += ' ';
    } else if (c != '=') {
      result += c;
    } else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else if (text.substr(i + 1).starts_with("\r\n")) {
      i += 2;
    } else if (text.substr(i + 1).starts_with("\n")) {
      i += 1;
    } else {
      result += c;
    }
  }
  return result;
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto digit = kDigits.find(c);
    if (c == '=') break;
    if (digit == std::string_view::npos) continue;
    held = (held << 6 | static_cast<unsigned>(digit)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    result += static_cast<char>(held >> bits & 0xff);
  }
  return result;
}

// "=?UTF-8?q?dm:_caf=C3=A9?=" within a header. Blanks between two such words do not count.
std::string decoded_words(std::string_view text) {
  std::string result;
  bool after_word = false;
  while (!text.empty()) {
    const auto start = text.find("=?");
    const auto charset = start == std::string_view::npos ? start : text.find('?', start + 2);
    const auto coding = charset == std::string_view::npos ? charset : text.find('?', charset + 1);
    const auto end = coding == std::string_view::npos ? coding : text.find("?=", coding + 1);
    if (end == std::string_view::npos || coding != charset + 2) break;
    const auto before = text.substr(0, start);
    if (!after_word || !trimmed(before).empty()) result += before;
    const auto word = text.substr(coding + 1, end - coding - 1);
    const char kind = text[charset + 1];
    result += kind == 'q' || kind == 'Q' ? quoted_printable(word, true) : base64(word);
    text.remove_prefix(end + 2);
    after_word = true;
  }
  result += text;
  return result;
}

std::string without_cr(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || !text.substr(i + 1).starts_with('\n')) result += text[i];
  return result;
}

std::string header(const Headers& headers, const std::string& name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

// Of "multipart/mixed; boundary=\"x\"": x.
std::string boundary(const std::string& type) {
  const auto at = lower(type).find("boundary=");
  if (at == std::string::npos) return {};
  std::string_view rest = std::string_view(type).substr(at + 9);
  if (rest.starts_with('"')) return std::string(rest.substr(1, rest.substr(1).find('"')));
  return std::string(trimmed(rest.substr(0, rest.find(';'))));
}

std::string decoded_body(const Headers& headers, std::string_view body, unsigned depth);

std::string multipart(std::string_view body, const std::string& mark, unsigned depth) {
  const auto line = "--" + mark;
  std::string result;
  std::string_view part;
  bool inside = false;
  auto rest = body;
  const auto end_part = [&](std::size_t at) {
    if (!inside) return;
    auto text = part.substr(0, at);
    const auto headers = take_headers(text);
    const auto type = lower(header(headers, "content-type"));
    if (type.empty() || type.starts_with("text/") || type.starts_with("multipart/"))
      result += decoded_body(headers, text, depth + 1);
  };
  while (!rest.empty()) {
    const auto at = rest.data();
    const auto here = take_line(rest);
    if (!here.starts_with(line)) continue;
    end_part(static_cast<std::size_t>(at - part.data()));
    inside = !here.substr(line.size()).starts_with("--");
    part = rest;
  }
  end_part(part.size());
  return result;
}

std::string decoded_body(const Headers& headers, std::string_view body, unsigned depth) {
  const auto type = header(headers, "content-type");
  const auto mark = lower(type).starts_with("multipart/") ? boundary(type) : std::string();
  if (!mark.empty() && depth < kDeepest) return multipart(body, mark, depth);
  const auto coding = lower(header(headers, "content-transfer-encoding"));
  if (coding == "quoted-printable") return without_cr(quoted_printable(body, false));
  if (coding == "base64") return without_cr(base64(body));
  return without_cr(body);
}

Mail parse_mail(std::string_view text) {
  const auto headers = take_headers(text);
  return {.subject = decoded_words(header(headers, "subject")),
          .from = decoded_words(header(headers, "from")),
          .body = decoded_body(headers, text, 0)};
}

// Takes "[...]" off; what is in it. Empty if there is none.
std::string_view take_bracket(std::string_view& text) {
  if (!text.starts_with('[')) return {};
  const auto end = text.find(']');
  if (end == std::string_view::npos) return {};
  const auto inside = text.substr(1, end - 1);
  text = trimmed(text.substr(end + 1));
  return inside;
}

bool take_reply(std::string_view& text) {
  for (const char* mark : {"re:", "aw:", "fwd:", "fw:"})
    if (lower(text.substr(0, 4)).starts_with(mark)) {
      text = trimmed(text.substr(text.find(':') + 1));
      return true;
    }
  return false;
}

void read_bracket(std::string_view inside, Subject& subject) {
  while (!inside.empty()) {
    const auto end = std::min(inside.find(' '), inside.size());
    auto word = inside.substr(0, end);
    inside.remove_prefix(std::min(end + 1, inside.size()));
    if (word.size() > 1 && (word[0] == 'v' || word[0] == 'V')) {
      word.remove_prefix(1);
      if (const auto version = take_number<unsigned>(word)) subject.version = *version;
      continue;
    }
    const auto number = take_number<unsigned>(word);
    if (!number || !word.starts_with('/')) continue;
    word.remove_prefix(1);
    const auto count = take_number<unsigned>(word);
    if (!count) continue;
    subject.number = *number;
    subject.count = *count;
  }
}

}  // namespace

std::vector<Mail> parse_mails(std::string_view text) {
  if (!is_postmark(text.substr(0, text.find('\n')))) return {parse_mail(text)};
  std::vector<Mail> mails;
  take_line(text);
  auto rest = text;
  bool blank = false;
  while (!rest.empty()) {
    const auto at = static_cast<std::size_t>(rest.data() - text.data());
    const auto line = take_line(rest);
    // A mail that quotes a postmark has it behind a line of text.
    if (blank && is_postmark(line)) {
      mails.push_back(parse_mail(text.substr(0, at)));
      text = rest;
    }
    blank = trimmed(line).empty();
  }
  mails.push_back(parse_mail(text));
  return mails;
}

Subject parse_subject(std::string_view text) {
  Subject subject;
  text = trimmed(text);
  for (;;) {
    if (take_reply(text)) {
      subject.reply = true;
    } else if (const auto inside = take_bracket(text); !inside.empty()) {
      read_bracket(inside, subject);
    } else {
      break;
    }
  }
  subject.title = text;
  return subject;
}

}  // namespace bioscope::series
