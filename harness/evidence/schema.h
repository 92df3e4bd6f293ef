// SPDX-License-Identifier: GPL-2.0-only
// The record ABI as tables and as a typed visitor, all generated from the lists of event.h: an
// event that a decoder forgets does not compile. Nothing here allocates or fails. Everyone who
// reads records may include this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include <bioscope/event.h>

namespace bioscope::evidence {

// Spelled as in event.h, whose lists name them.
// NOLINTBEGIN(readability-identifier-naming)
enum class FieldType : std::uint8_t { u32, u64, s32, text16, text32, stack };
enum class Base : std::uint8_t { dec, hex, ptr, sym, dev, opf, status, flags, str };
// NOLINTEND(readability-identifier-naming)

struct Field {
  std::string_view name{};
  FieldType type{};
  Base base{};
  std::uint16_t offset = 0;  // within the payload
  std::uint16_t size = 0;
};

struct EventType {
  std::string_view name{};
  std::uint32_t number = 0;
  std::uint32_t payload_size = 0;
  std::span<const Field> fields{};
};

// All events in the order of event.h.
std::span<const EventType> event_types();

// Null for a number that no event has.
const EventType* event_type(std::uint32_t number);
const EventType* event_type(std::string_view name);

// "bio_put"; "?" for an unknown number.
std::string_view event_name(const bsc_record& record);

// Bytes of a whole record, header included; 0 for a number that no event has.
std::size_t record_size(std::uint32_t number);

// The number of a payload's type: kEventNumber<bsc_event_bio_put> is BSC_EVENT_BIO_PUT.
template <class Payload>
inline constexpr std::uint32_t kEventNumber = 0;
#define BSC_X(NAME, number, name) \
  template <>                     \
  inline constexpr std::uint32_t kEventNumber<bsc_event_##name> = BSC_EVENT_##NAME;
BSC_EVENT_LIST(BSC_X)
#undef BSC_X

template <class Payload>
const Payload& payload(const bsc_record& record) {
  static_assert(kEventNumber<Payload> != 0, "no payload of event.h");
  return *reinterpret_cast<const Payload*>(&record + 1);
}

// Calls f(record, payload) with the payload's own type; false for an unknown number.
template <class F>
bool visit(const bsc_record& record, F&& f) {
  switch (record.type) {
#define BSC_X(NAME, number, name)                                                      \
  case BSC_EVENT_##NAME:                                                               \
    static_assert(std::is_invocable_v<F&, const bsc_record&, const bsc_event_##name&>, \
                  "this visitor has no decoder for " #name);                           \
    f(record, payload<bsc_event_##name>(record));                                      \
    return true;
    BSC_EVENT_LIST(BSC_X)
#undef BSC_X
    default: return false;
  }
}

// Text up to its NUL or the end of the array.
template <std::size_t N>
std::string_view text(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

// Names of values; empty if the value has none. Statuses from 14 on differ between kernels and
// are left to be shown as numbers.
std::string_view mark_name(std::uint32_t kind);
std::string_view fault_step_name(std::uint32_t step);
std::string_view status_name(std::uint32_t status);

}  // namespace bioscope::evidence
