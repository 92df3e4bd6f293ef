// SPDX-License-Identifier: GPL-2.0-only
#include "harness/inspect/render.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/ranges.h>

namespace bioscope::inspect {
namespace {

using evidence::Base;
using evidence::FieldType;

constexpr unsigned kOpBits = 8;

struct Named {
  std::uint32_t number;
  std::string_view name;
};

// include/linux/blk_types.h, enum req_op.
constexpr std::array kOperations{
    Named{0, "READ"},         Named{1, "WRITE"},        Named{2, "FLUSH"},   Named{3, "DISCARD"},
    Named{5, "SECURE_ERASE"}, Named{9, "WRITE_ZEROES"}, Named{34, "DRV_IN"}, Named{35, "DRV_OUT"}};

// enum req_flag_bits, as far as it did not move between 6.1 and 6.12.
constexpr std::array kFlags{Named{8, "FAILFAST_DEV"},
                            Named{9, "FAILFAST_TRANSPORT"},
                            Named{10, "FAILFAST_DRIVER"},
                            Named{11, "SYNC"},
                            Named{12, "META"},
                            Named{13, "PRIO"},
                            Named{14, "NOMERGE"},
                            Named{15, "IDLE"},
                            Named{16, "INTEGRITY"},
                            Named{17, "FUA"},
                            Named{18, "PREFLUSH"},
                            Named{19, "RAHEAD"},
                            Named{20, "BACKGROUND"},
                            Named{21, "NOWAIT"}};

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

std::uint64_t number(const evidence::Field& field, const char* payload) {
  const char* at = payload + field.offset;
  if (field.type == FieldType::u64) return load<std::uint64_t>(at);
  return load<std::uint32_t>(at);
}

}  // namespace

std::string operation(std::uint32_t opf) {
  const std::uint32_t op = opf & ((1u << kOpBits) - 1);
  const auto known = std::ranges::find(kOperations, op, &Named::number);
  std::string text =
      known != kOperations.end() ? std::string(known->name) : fmt::format("op{}", op);
  std::uint32_t rest = opf & ~((1u << kOpBits) - 1);
  for (const Named& flag : kFlags) {
    const std::uint32_t bit = 1u << flag.number;
    if ((rest & bit) == 0) continue;
    text.append("|").append(flag.name);
    rest &= ~bit;
  }
  if (rest != 0) text += fmt::format("|{:#x}", rest);
  return text;
}

void Renderer::learn(const bsc_record& record) {
  if (record.type == BSC_EVENT_SNAPSHOT_DISK) {
    const auto& disk = evidence::payload<bsc_event_snapshot_disk>(record);
    disks_[disk.dev] = evidence::text(disk.name);
  } else if (record.type == BSC_EVENT_STACK) {
    const auto& stack = evidence::payload<bsc_event_stack>(record);
    const std::size_t depth = std::min<std::size_t>(stack.depth, BSC_STACK_DEPTH);
    stacks_[stack.stack_id].assign(stack.frames, stack.frames + depth);
  }
}

std::string Renderer::device(std::uint32_t dev) const {
  if (dev == 0) return "-";
  if (const auto disk = disks_.find(dev); disk != disks_.end()) return disk->second;
  // As new_encode_dev() packs them.
  return fmt::format("{}:{}", (dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

std::string Renderer::value(const evidence::Field& field, const char* payload) const {
  const char* at = payload + field.offset;
  if (field.type == FieldType::text16 || field.type == FieldType::text32)
    return fmt::format("\"{}\"", std::string_view(at, ::strnlen(at, field.size)));
  if (field.type == FieldType::s32) return fmt::format("{}", load<std::int32_t>(at));
  if (field.type == FieldType::stack) {
    std::string frames;
    for (std::size_t i = 0; i < field.size / 8u; ++i)
      if (const auto frame = load<std::uint64_t>(at + 8 * i); frame != 0)
        frames += (frames.empty() ? "" : " < ") + symbols_.name(frame);
    return frames;
  }
  const std::uint64_t plain = number(field, payload);
  switch (field.base) {
    case Base::dec: return fmt::format("{}", plain);
    case Base::sym: return plain == 0 ? "-" : symbols_.name(plain);
    case Base::dev: return device(static_cast<std::uint32_t>(plain));
    case Base::opf: return operation(static_cast<std::uint32_t>(plain));
    case Base::status: {
      const auto name = evidence::status_name(static_cast<std::uint32_t>(plain));
      return name.empty() ? fmt::format("{}", plain) : std::string(name);
    }
    default: return fmt::format("{:#x}", plain);
  }
}

std::string Renderer::task(const bsc_record& record) {
  return fmt::format("{}-{}", evidence::text(record.comm), record.tid);
}

std::string Renderer::processor(const bsc_record& record) {
  const char* context = (record.context & BSC_CONTEXT_HARDIRQ) != 0   ? "h"
                        : (record.context & BSC_CONTEXT_SOFTIRQ) != 0 ? "s"
                        : (record.context & BSC_CONTEXT_USER) != 0    ? "u"
                                                                      : ".";
  return fmt::format("{}{}", record.cpu, context);
}

std::vector<std::string> Renderer::fields(const bsc_record& record, const Names& names) const {
  std::vector<std::string> fields;
  const char* payload = reinterpret_cast<const char*>(&record + 1);
  for (const evidence::Field& field : evidence::event_type(record.type)->fields) {
    if (field.name == "reserved") continue;
    if (record.type == BSC_EVENT_MARK && field.name == "kind") {
      fields.emplace_back(evidence::mark_name(static_cast<std::uint32_t>(number(field, payload))));
      continue;
    }
    if (record.type == BSC_EVENT_FAULT && field.name == "step") {
      fields.emplace_back(
          evidence::fault_step_name(static_cast<std::uint32_t>(number(field, payload))));
      continue;
    }
    std::string text = value(field, payload);
    if (field.base == Base::ptr)
      if (const auto known = names.find(number(field, payload)); known != names.end())
        text = known->second;
    fields.push_back(fmt::format("{}={}", field.name, text));
  }
  return fields;
}

std::string Renderer::line(const bsc_record& record) const {
  return fmt::format("{:>8} {:>13.6f} {:>3} {:<22} {:<15} {}", record.order,
                     static_cast<double>(record.time) / 1e9, processor(record), task(record),
                     evidence::event_name(record), fmt::join(fields(record, {}), " "));
}

std::vector<std::string> Renderer::stack(const bsc_record& record) const {
  const auto found = stacks_.find(record.stack);
  return found == stacks_.end() ? std::vector<std::string>() : symbols_.stack(found->second);
}

}  // namespace bioscope::inspect
