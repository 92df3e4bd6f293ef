// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/btt_format.h"

#include <algorithm>
#include <string_view>

#include "harness/nvdimm/bytes.h"

namespace bioscope::nvdimm {
namespace {

constexpr std::string_view kSignature{"BTT_ARENA_INFO\0\0", 16};
constexpr std::size_t kChecksum = kInfoBytes - 8;
constexpr std::uint32_t kBlockMask = 0x3fffffff;

}  // namespace

std::uint64_t fletcher64(std::span<const std::uint8_t> block) {
  std::uint32_t low = 0;
  std::uint64_t high = 0;
  for (std::size_t at = 0; at + 4 <= block.size(); at += 4) {
    // The checksum's own place counts as zero.
    if (at < kChecksum) low += load<std::uint32_t>(block, at);
    high += low;
  }
  return high << 32 | low;
}

std::optional<InfoBlock> parse_info(std::span<const std::uint8_t> block) {
  if (block.size() != kInfoBytes) return {};
  if (!std::ranges::equal(block.first(kSignature.size()), kSignature,
                          [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }))
    return {};
  if (load<std::uint64_t>(block, kChecksum) != fletcher64(block)) return {};
  InfoBlock info{.flags = load<std::uint32_t>(block, 48),
                 .version_major = load<std::uint16_t>(block, 52),
                 .version_minor = load<std::uint16_t>(block, 54),
                 .external_lba_size = load<std::uint32_t>(block, 56),
                 .external_lbas = load<std::uint32_t>(block, 60),
                 .internal_lba_size = load<std::uint32_t>(block, 64),
                 .internal_lbas = load<std::uint32_t>(block, 68),
                 .lanes = load<std::uint32_t>(block, 72),
                 .info_size = load<std::uint32_t>(block, 76),
                 .next_arena = load<std::uint64_t>(block, 80),
                 .data = load<std::uint64_t>(block, 88),
                 .map = load<std::uint64_t>(block, 96),
                 .flog = load<std::uint64_t>(block, 104),
                 .copy = load<std::uint64_t>(block, 112)};
  std::ranges::copy(block.subspan(16, 16), info.uuid.begin());
  std::ranges::copy(block.subspan(32, 16), info.parent_uuid.begin());
  return info;
}

LogEntry parse_log_entry(std::span<const std::uint8_t> slot) {
  return {.lba = load<std::uint32_t>(slot, 0),
          .old_block = load<std::uint32_t>(slot, 4) & kBlockMask,
          .new_block = load<std::uint32_t>(slot, 8) & kBlockMask,
          .sequence = load<std::uint32_t>(slot, 12)};
}

}  // namespace bioscope::nvdimm
