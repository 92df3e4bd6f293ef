// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/schema.h"

#include <array>

namespace bioscope::evidence {
namespace {

#define BSC_FIELD(type, name, base)                                                        \
  Field{#name, FieldType::type, Base::base, static_cast<std::uint16_t>(offsetof(P, name)), \
        static_cast<std::uint16_t>(sizeof(P::name))},
#define BSC_X(NAME, number, name)                                      \
  struct Of_##name {                                                   \
    using P = bsc_event_##name;                                        \
    static constexpr Field kFields[] = {BSC_FIELDS_##NAME(BSC_FIELD)}; \
  };
BSC_EVENT_LIST(BSC_X)
#undef BSC_X

constexpr EventType kTypes[] = {
#define BSC_X(NAME, number, name) \
  EventType{#name, BSC_EVENT_##NAME, sizeof(bsc_event_##name), Of_##name::kFields},
    BSC_EVENT_LIST(BSC_X)
#undef BSC_X
};

constexpr auto kByNumber = [] {
  std::array<const EventType*, BSC_MAX_TYPES> table{};
  for (const EventType& type : kTypes) table[type.number] = &type;
  return table;
}();

constexpr bool numbers_differ() {
  std::size_t distinct = 0;
  for (const EventType* type : kByNumber) distinct += type != nullptr;
  return distinct == std::size(kTypes);
}
static_assert(numbers_differ(), "two events share a number");

constexpr auto kSizes = [] {
  std::array<std::uint16_t, BSC_MAX_TYPES> table{};
  for (const EventType& type : kTypes)
    table[type.number] = static_cast<std::uint16_t>(sizeof(bsc_record) + type.payload_size);
  return table;
}();

}  // namespace

std::span<const EventType> event_types() { return kTypes; }

const EventType* event_type(std::uint32_t number) {
  return number < kByNumber.size() ? kByNumber[number] : nullptr;
}

const EventType* event_type(std::string_view name) {
  for (const EventType& type : kTypes)
    if (type.name == name) return &type;
  return nullptr;
}

std::string_view event_name(const bsc_record& record) {
  const EventType* type = event_type(record.type);
  return type != nullptr ? type->name : "?";
}

std::size_t record_size(std::uint32_t number) {
  return number < kSizes.size() ? kSizes[number] : 0;
}

std::string_view mark_name(std::uint32_t kind) {
  switch (static_cast<bsc_mark_kind>(kind)) {  // no default: a new kind must get a name
    case BSC_MARK_TRIAL_BEGIN: return "trial_begin";
    case BSC_MARK_TRIAL_SETTLE: return "trial_settle";
    case BSC_MARK_TRIAL_END: return "trial_end";
    case BSC_MARK_STEP: return "step";
    case BSC_MARK_SUSPEND_BEGIN: return "suspend_begin";
    case BSC_MARK_SUSPEND_END: return "suspend_end";
    case BSC_MARK_RESUME_BEGIN: return "resume_begin";
    case BSC_MARK_RESUME_END: return "resume_end";
    case BSC_MARK_DISK_GONE: return "disk_gone";
    case BSC_MARK_SYSFS_HOLDERS: return "sysfs_holders";
    case BSC_MARK_SLAVE_LINK: return "slave_link";
    case BSC_MARK_HOLDER_LINK: return "holder_link";
    case BSC_MARK_RAMDISK_PAGES: return "ramdisk_pages";
    case BSC_MARK_UNLOADED: return "unloaded";
  }
  return {};
}

std::string_view fault_step_name(std::uint32_t step) {
  switch (static_cast<bsc_fault_step>(step)) {  // no default, as above
    case BSC_FAULT_ARRIVE: return "arrive";
    case BSC_FAULT_RELEASE: return "release";
    case BSC_FAULT_TIMEOUT: return "timeout";
    case BSC_FAULT_FAIL: return "fail";
    case BSC_FAULT_OVER_BUDGET: return "over_budget";
    case BSC_FAULT_MEET: return "meet";
  }
  return {};
}

std::string_view status_name(std::uint32_t status) {
  static constexpr std::string_view kNames[] = {
      "OK",     "NOTSUPP",    "TIMEOUT",  "NOSPC", "TRANSPORT",  "TARGET", "NEXUS",
      "MEDIUM", "PROTECTION", "RESOURCE", "IOERR", "DM_REQUEUE", "AGAIN",  "DEV_RESOURCE"};
  return status < std::size(kNames) ? kNames[status] : std::string_view{};
}

}  // namespace bioscope::evidence
