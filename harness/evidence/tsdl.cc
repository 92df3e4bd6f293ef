// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/tsdl.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace bioscope::evidence {
namespace {

constexpr std::string_view kSignature = "/* CTF 1.8 */\n";

// The layouts of event.header, event.context, packet.header and packet.context stand here as text;
// tsdl_test.cc holds them against the C structures by way of babeltrace2.
constexpr std::string_view kTypes = R"(
typealias integer { size = 8; align = 8; signed = false; } := u8;
typealias integer { size = 16; align = 8; signed = false; } := u16;
typealias integer { size = 16; align = 8; signed = false; base = hex; } := x16;
typealias integer { size = 32; align = 8; signed = false; } := u32;
typealias integer { size = 32; align = 8; signed = false; base = hex; } := x32;
typealias integer { size = 32; align = 8; signed = true; } := s32;
typealias integer { size = 64; align = 8; signed = false; } := u64;
typealias integer { size = 64; align = 8; signed = false; base = hex; } := x64;
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time;
typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := utf8;
)";

constexpr std::string_view kStream = R"(
stream {
	id = 0;
	packet.context := struct {
		time timestamp_begin;
		time timestamp_end;
		u64 content_size;
		u64 packet_size;
		u64 packet_seq_num;
		u64 events_discarded;
		u64 cpu_id;
	};
	event.header := struct {
		time timestamp;
		u32 id;
	};
	event.context := struct {
		u32 _seq;
		u64 _order;
		u32 _tid;
		u32 _tgid;
		u16 _cpu;
		x16 _context;
		s32 _stack;
		utf8 _comm[)";

// Backslash, quote and control characters as C writes them.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string enumeration(std::string_view name, std::string_view (*name_of)(std::uint32_t)) {
  std::string out = fmt::format("enum {} : u32 {{", name);
  for (std::uint32_t value = 0; value < 256; ++value)
    if (const auto label = name_of(value); !label.empty())
      out += fmt::format("\n\t\"{}\" = {},", label, value);
  out.back() = '\n';
  return out + "};\n";
}

bool is_hex(Base base) {
  switch (base) {
    case Base::hex:
    case Base::ptr:
    case Base::sym:
    case Base::dev:
    case Base::opf:
    case Base::flags: return true;
    case Base::dec:
    case Base::status:
    case Base::str: return false;
  }
  return false;
}

// The underscore keeps any name clear of TSDL's keywords; readers strip it.
std::string member(const EventType& event, const Field& field) {
  if (event.number == BSC_EVENT_MARK && field.name == "kind") return "enum mark_kind _kind";
  if (event.number == BSC_EVENT_FAULT && field.name == "step") return "enum fault_step _step";
  if (field.base == Base::status) return fmt::format("enum blk_status _{}", field.name);
  const bool hex = is_hex(field.base);
  switch (field.type) {
    case FieldType::u32: return fmt::format("{} _{}", hex ? "x32" : "u32", field.name);
    case FieldType::u64: return fmt::format("{} _{}", hex ? "x64" : "u64", field.name);
    case FieldType::s32: return fmt::format("s32 _{}", field.name);
    case FieldType::text16:
    case FieldType::text32: return fmt::format("utf8 _{}[{}]", field.name, field.size);
    case FieldType::stack: return fmt::format("x64 _{}[{}]", field.name, field.size / 8);
  }
  return {};
}

// Lines of the form `KEY = VALUE;` that metadata() wrote; VALUE as it stands there.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  const std::string start = fmt::format("\n\t{} = ", key);
  const auto at = text.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const auto from = at + start.size();
  const auto end = text.find(";\n", from);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(from, end - from);
}

std::optional<std::string> unquoted(std::optional<std::string_view> value) {
  if (!value || value->size() < 2 || value->front() != '"' || value->back() != '"')
    return std::nullopt;
  const std::string_view inner = value->substr(1, value->size() - 2);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out += inner[i];
    } else if (i + 1 < inner.size() && (inner[i + 1] == '"' || inner[i + 1] == '\\')) {
      out += inner[++i];
    } else {
      unsigned code = 0;
      const std::string_view digits = inner.substr(i + 1, 3);
      const auto [end, failed] =
          std::from_chars(digits.data(), digits.data() + digits.size(), code, 8);
      if (failed != std::errc{} || digits.size() != 3 || end != digits.data() + 3 || code > 255)
        return std::nullopt;
      out += static_cast<char>(code);
      i += 3;
    }
  }
  return out;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> value) {
  std::uint64_t out = 0;
  if (!value) return std::nullopt;
  const char* end = value->data() + value->size();
  const auto [stop, failed] = std::from_chars(value->data(), end, out);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return out;
}

std::string spelled(const TraceUuid& uuid) {
  std::string out;
  for (std::size_t i = 0; i < uuid.size(); ++i)
    out += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
  return out;
}

std::optional<TraceUuid> parse_uuid(const std::optional<std::string>& value) {
  if (!value) return std::nullopt;
  TraceUuid uuid{};
  std::string digits;
  for (const char c : *value)
    if (c != '-') digits += c;
  if (digits.size() != 2 * uuid.size()) return std::nullopt;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const char* at = digits.data() + 2 * i;
    const auto [stop, failed] = std::from_chars(at, at + 2, uuid[i], 16);
    if (failed != std::errc{} || stop != at + 2) return std::nullopt;
  }
  return uuid;
}

constexpr std::uint64_t kSecond = 1'000'000'000;

}  // namespace

std::string metadata(const TraceInfo& info) {
  std::string out(kSignature);
  out += kTypes;
  out += enumeration("mark_kind", mark_name);
  out += enumeration("fault_step", fault_step_name);
  out += enumeration("blk_status", status_name);
  out += fmt::format(
      "\ntrace {{\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"{}\";\n\tbyte_order = le;\n"
      "\tpacket.header := struct {{\n\t\tu32 magic;\n\t\tu32 stream_id;\n\t\tu8 uuid[16];\n\t}};\n"
      "}};\n",
      spelled(info.uuid));
  out += fmt::format(
      "\nenv {{\n\ttracer_name = \"bioscope\";\n\tabi = {};\n\tkernel_release = {};\n"
      "\tkernel_build_id = {};\n\tscenario = {};\n}};\n",
      info.abi, quoted(info.kernel_release), quoted(info.kernel_build_id), quoted(info.scenario));
  out += fmt::format(
      "\nclock {{\n\tname = monotonic;\n\tdescription = \"CLOCK_MONOTONIC of the guest\";\n"
      "\tfreq = {};\n\toffset_s = {};\n\toffset = {};\n\tabsolute = {};\n}};\n",
      kSecond, info.realtime_offset_ns / kSecond, info.realtime_offset_ns % kSecond,
      info.realtime_offset_ns != 0 ? "true" : "false");
  out += kStream;
  out += fmt::format("{}];\n\t}};\n}};\n", BSC_COMM_LEN);
  for (const EventType& event : event_types()) {
    out += fmt::format(
        "\nevent {{\n\tname = \"{}\";\n\tid = {};\n\tstream_id = 0;\n"
        "\tfields := struct {{\n",
        event.name, event.number);
    for (const Field& field : event.fields) out += fmt::format("\t\t{};\n", member(event, field));
    out += "\t};\n};\n";
  }
  return out;
}

Result<TraceInfo> parse_metadata(std::string_view text) {
  if (!text.starts_with(kSignature)) return usage_error("it does not begin with CTF 1.8's mark");
  if (unquoted(value_of(text, "tracer_name")) != "bioscope")
    return usage_error("it was not written by bioscope");
  const auto uuid = parse_uuid(unquoted(value_of(text, "uuid")));
  const auto abi = number(value_of(text, "abi"));
  auto release = unquoted(value_of(text, "kernel_release"));
  auto build_id = unquoted(value_of(text, "kernel_build_id"));
  auto scenario = unquoted(value_of(text, "scenario"));
  const auto seconds = number(value_of(text, "offset_s"));
  const auto nanoseconds = number(value_of(text, "offset"));
  if (!uuid || !abi || !release || !build_id || !scenario || !seconds || !nanoseconds)
    return usage_error("it is cut or damaged");
  if (*abi != BSC_ABI_VERSION)
    return usage_error("its records have ABI {} and this program reads ABI {}", *abi,
                       BSC_ABI_VERSION);
  return TraceInfo{.kernel_release = *std::move(release),
                   .kernel_build_id = *std::move(build_id),
                   .scenario = *std::move(scenario),
                   .abi = BSC_ABI_VERSION,
                   .realtime_offset_ns = *seconds * kSecond + *nanoseconds,
                   .uuid = *uuid};
}

}  // namespace bioscope::evidence
