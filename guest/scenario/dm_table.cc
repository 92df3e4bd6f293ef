// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/dm_table.h"

#include <linux/dm-ioctl.h>

#include <algorithm>
#include <cstring>

#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

constexpr std::size_t kAlignment = 8;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::string text_of(std::span<const char> bytes) {
  return {bytes.begin(), std::ranges::find(bytes, '\0')};
}

}  // namespace

std::uint64_t size_of(const Table& table) {
  std::uint64_t sectors = 0;
  for (const Target& target : table) sectors += target.sectors;
  return sectors;
}

Table concatenate(std::vector<Target> targets) {
  std::uint64_t start = 0;
  for (Target& target : targets) {
    target.start = start;
    start += target.sectors;
  }
  return targets;
}

Target linear(const BlockDevice& disk) { return linear(disk, {0, disk.sectors}); }

Target linear(const BlockDevice& disk, const Extent& extent) {
  return {0, extent.sectors, "linear", fmt::format("{} {}", disk.major_minor(), extent.first)};
}

Target striped(const std::vector<BlockDevice>& disks, std::uint64_t chunk_sectors) {
  BSC_CHECK(!disks.empty());
  const std::uint64_t chunks =
      std::ranges::min(disks, {}, &BlockDevice::sectors).sectors / chunk_sectors;
  std::string parameters = fmt::format("{} {}", disks.size(), chunk_sectors);
  for (const BlockDevice& disk : disks) parameters += fmt::format(" {} 0", disk.major_minor());
  return {0, chunks * chunk_sectors * disks.size(), "striped", parameters};
}

Target crypt(const BlockDevice& disk, std::string_view cipher, std::string_view hex_key) {
  return {0, disk.sectors, "crypt",
          fmt::format("{} {} 0 {} 0", cipher, hex_key, disk.major_minor())};
}

Target crypt_discarding(const BlockDevice& disk, const Extent& extent, std::string_view cipher,
                        std::string_view hex_key) {
  return {0, extent.sectors, "crypt",
          fmt::format("{} {} 0 {} {} 1 allow_discards", cipher, hex_key, disk.major_minor(),
                      extent.first)};
}

Target snapshot(const BlockDevice& origin, const BlockDevice& exceptions,
                std::uint64_t chunk_sectors) {
  return {0, origin.sectors, "snapshot",
          fmt::format("{} {} P {}", origin.major_minor(), exceptions.major_minor(), chunk_sectors)};
}

Target snapshot_origin(const BlockDevice& origin) {
  return {0, origin.sectors, "snapshot-origin", origin.major_minor()};
}

Target thin_pool(const BlockDevice& metadata, const BlockDevice& data,
                 std::uint64_t block_sectors) {
  constexpr unsigned kLowWaterBlocks = 0;
  return {0, data.sectors / block_sectors * block_sectors, "thin-pool",
          fmt::format("{} {} {} {}", metadata.major_minor(), data.major_minor(), block_sectors,
                      kLowWaterBlocks)};
}

Target thin(const BlockDevice& pool, unsigned id, std::uint64_t sectors) {
  return {0, sectors, "thin", fmt::format("{} {}", pool.major_minor(), id)};
}

Target mirror(const std::vector<BlockDevice>& legs, std::uint64_t region_sectors) {
  BSC_CHECK(legs.size() > 1);
  std::string parameters = fmt::format("core 2 {} nosync {}", region_sectors, legs.size());
  for (const BlockDevice& leg : legs) parameters += fmt::format(" {} 0", leg.major_minor());
  return {0, std::ranges::min(legs, {}, &BlockDevice::sectors).sectors, "mirror",
          parameters + " 1 handle_errors"};
}

Target raid(std::string_view how, const std::vector<BlockDevice>& disks, std::uint64_t sectors) {
  std::string parameters = fmt::format("{} {}", how, disks.size());
  for (const BlockDevice& disk : disks) parameters += fmt::format(" - {}", disk.major_minor());
  return {0, sectors, "raid", parameters};
}

Target flakey(const BlockDevice& disk, unsigned up_seconds, unsigned down_seconds,
              const std::vector<std::string>& features) {
  std::string parameters = fmt::format("{} 0 {} {}", disk.major_minor(), up_seconds, down_seconds);
  if (!features.empty())
    parameters += fmt::format(" {} {}", features.size(), fmt::join(features, " "));
  return {0, disk.sectors, "flakey", parameters};
}

Target delay(const BlockDevice& disk, unsigned milliseconds) {
  return {0, disk.sectors, "delay", fmt::format("{} 0 {}", disk.major_minor(), milliseconds)};
}

Target delay_reads(const BlockDevice& disk, unsigned milliseconds) {
  const std::string name = disk.major_minor();
  return {0, disk.sectors, "delay", fmt::format("{} 0 {} {} 0 0", name, milliseconds, name)};
}

Target error(std::uint64_t sectors) { return {0, sectors, "error", ""}; }

Target zero(std::uint64_t sectors) { return {0, sectors, "zero", ""}; }

std::string encode(const Table& table) {
  std::string bytes;
  for (const Target& target : table) {
    BSC_CHECK(target.type.size() < DM_MAX_TYPE_NAME);
    const std::size_t length = aligned(sizeof(dm_target_spec) + target.parameters.size() + 1);
    dm_target_spec spec{};
    spec.sector_start = target.start;
    spec.length = target.sectors;
    spec.next = static_cast<std::uint32_t>(length);
    target.type.copy(spec.target_type, DM_MAX_TYPE_NAME - 1);

    const std::size_t at = bytes.size();
    bytes.resize(at + length, '\0');
    std::memcpy(bytes.data() + at, &spec, sizeof spec);
    target.parameters.copy(bytes.data() + at + sizeof spec, target.parameters.size());
  }
  return bytes;
}

Result<Table> decode(std::span<const char> bytes, std::uint32_t targets) {
  Table table;
  std::size_t at = 0;
  for (std::uint32_t index = 0; index < targets; ++index) {
    if (at > bytes.size() || bytes.size() - at < sizeof(dm_target_spec))
      return guest_error("target {} of dm's table is said to lie at byte {} of {}", index, at,
                         bytes.size());
    dm_target_spec spec;
    std::memcpy(&spec, bytes.data() + at, sizeof spec);
    const auto parameters = bytes.subspan(at + sizeof spec);
    if (std::ranges::find(parameters, '\0') == parameters.end())
      return guest_error("target {} of dm's table has a string without end", index);
    table.push_back(
        {spec.sector_start, spec.length, text_of(spec.target_type), text_of(parameters)});
    at = spec.next;
  }
  return table;
}

}  // namespace bioscope::scenario
