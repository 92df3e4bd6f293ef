// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/transcript.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace bioscope::evidence {
namespace {

constexpr std::uint64_t kNanoseconds = 1'000'000'000;

bool is_text(const Field& field) {
  return field.type == FieldType::text16 || field.type == FieldType::text32;
}

std::uint64_t load(const Field& field, const char* payload) {
  if (field.type == FieldType::u64) {
    std::uint64_t value = 0;
    std::memcpy(&value, payload + field.offset, sizeof(value));
    return value;
  }
  std::uint32_t value = 0;
  std::memcpy(&value, payload + field.offset, sizeof(value));
  return value;
}

std::string value_of(const Field& field, const char* payload) {
  if (is_text(field)) {
    const char* at = payload + field.offset;
    return fmt::format("\"{}\"", std::string_view(at, ::strnlen(at, field.size)));
  }
  const std::uint64_t value = load(field, payload);
  if (field.type == FieldType::s32)
    return fmt::format("{}", static_cast<std::int32_t>(static_cast<std::uint32_t>(value)));
  return field.base == Base::dec ? fmt::format("{}", value) : fmt::format("{:#x}", value);
}

// Words of a line; what stands in quotation marks is one, however it is spaced.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    bool quoted = false;
    std::size_t length = 0;
    while (length < rest_.size() && (quoted || rest_[length] != ' '))
      quoted ^= rest_[length++] == '"';
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }

 private:
  std::string_view rest_;
};

template <class Number>
bool parse(std::string_view text, Number& value) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool parse_seconds(std::string_view text, std::uint64_t& nanoseconds) {
  constexpr std::size_t kDigits = 9;
  const auto dot = text.find('.');
  std::uint64_t seconds = 0, fraction = 0;
  if (dot == std::string_view::npos || text.size() - dot - 1 != kDigits ||
      !parse(text.substr(0, dot), seconds) || !parse(text.substr(dot + 1), fraction) ||
      seconds > std::numeric_limits<std::uint64_t>::max() / kNanoseconds - 1)
    return false;
  nanoseconds = seconds * kNanoseconds + fraction;
  return true;
}

bool parse_text(std::string_view text, char* to, std::size_t size) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  if (text.size() > size || text.find('"') != std::string_view::npos) return false;
  std::ranges::copy(text, to);
  return true;
}

bool store(const Field& field, std::string_view text, char* payload) {
  char* at = payload + field.offset;
  if (is_text(field)) return parse_text(text, at, field.size);
  if (field.type == FieldType::stack) return false;
  if (field.type == FieldType::u64) {
    std::uint64_t value = 0;
    if (!parse(text, value)) return false;
    std::memcpy(at, &value, sizeof(value));
    return true;
  }
  std::uint32_t value = 0;
  if (field.type == FieldType::s32) {
    std::int32_t number = 0;
    if (!parse(text, number)) return false;
    value = static_cast<std::uint32_t>(number);
  } else if (!parse(text, value)) {
    return false;
  }
  std::memcpy(at, &value, sizeof(value));
  return true;
}

}  // namespace

std::string transcribe(const bsc_record& record) {
  std::string line =
      fmt::format("{} {}.{:09} {} {} {} {} \"{}\" {}", record.order, record.time / kNanoseconds,
                  record.time % kNanoseconds, record.cpu, record.context, record.tid, record.tgid,
                  text(record.comm), event_name(record));
  const char* payload = reinterpret_cast<const char*>(&record + 1);
  for (const Field& field : event_type(record.type)->fields)
    line += fmt::format(" {}={}", field.name, value_of(field, payload));
  return line;
}

Result<RecordWords> read_transcript(std::string_view line) {
  Words words(line);
  bsc_record head{};
  head.stack = BSC_STACK_NONE;
  std::uint64_t order = 0, time = 0;
  std::uint16_t cpu = 0, context = 0;
  std::uint32_t tid = 0, tgid = 0;
  if (!parse(words.next(), order) || !parse_seconds(words.next(), time) ||
      !parse(words.next(), cpu) || !parse(words.next(), context) || !parse(words.next(), tid) ||
      !parse(words.next(), tgid) || !parse_text(words.next(), head.comm, sizeof(head.comm)))
    return usage_error("no record: {}", line);
  head.order = order;
  head.time = time;
  head.cpu = cpu;
  head.context = context;
  head.tid = tid;
  head.tgid = tgid;
  const std::string_view name = words.next();
  const EventType* type = event_type(name);
  if (type == nullptr) return usage_error("there is no event {}: {}", name, line);
  head.type = type->number;

  RecordWords record((sizeof(head) + type->payload_size) / sizeof(std::uint64_t));
  std::memcpy(record.data(), &head, sizeof(head));
  char* payload = reinterpret_cast<char*>(record.data()) + sizeof(head);
  for (const Field& field : type->fields) {
    const std::string_view word = words.next();
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || word.substr(0, equals) != field.name ||
        !store(field, word.substr(equals + 1), payload))
      return usage_error("{} wants {} where it says \"{}\": {}", name, field.name, word, line);
  }
  if (const std::string_view more = words.next(); !more.empty())
    return usage_error("{} has no \"{}\": {}", name, more, line);
  return record;
}

}  // namespace bioscope::evidence
