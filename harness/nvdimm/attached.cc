// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/attached.h"

namespace bioscope::nvdimm {
namespace {

std::string describe(const MapEntry& entry) {
  switch (entry.state) {
    case MapState::kZero: return fmt::format("block {}, reading as zeroes", entry.block);
    case MapState::kError: return fmt::format("block {}, reading as an error", entry.block);
    case MapState::kInitial:
    case MapState::kNormal: break;
  }
  return fmt::format("block {}", entry.block);
}

// Entries of the map, by LBA.
Result<std::vector<MapEntry>> read_map(const Bytes& bytes, const Arena& arena) {
  std::vector<std::uint8_t> raw(std::size_t{arena.info.external_lbas} * kMapEntryBytes);
  BSC_TRY(bytes.read(arena.offset + arena.info.map, raw));
  std::vector<MapEntry> map;
  for (std::uint32_t lba = 0; lba < arena.info.external_lbas; ++lba)
    map.push_back(parse_map_entry(load<std::uint32_t>(raw, lba * kMapEntryBytes), lba));
  return map;
}

}  // namespace

Result<std::vector<std::string>> differs_from_foreseen(const Bytes& found, const Bytes& left) {
  BSC_TRY_ASSIGN(const Check before, check_btt(found));
  if (!before.clean()) return usage_error("no sound table: {}", before.found.front().what);
  std::vector<std::string> differs;
  const auto after = check_btt(left);
  if (!after) return std::vector{after.error().what};
  for (const Inconsistency& each : after->found) differs.push_back(each.what);
  if (after->arenas.size() != before.arenas.size())
    differs.push_back(
        fmt::format("{} arenas, where there were {}", after->arenas.size(), before.arenas.size()));
  if (!differs.empty()) return differs;
  for (std::size_t number = 0; number < before.arenas.size(); ++number) {
    const Arena& is = after->arenas[number];
    const Arena& was = before.arenas[number];
    if (is.info != was.info) {
      differs.push_back(fmt::format("arena {} is laid out anew", number));
      continue;
    }
    for (const Pending& write : is.pending)
      differs.push_back(fmt::format("LBA {} is not mapped to block {}, as lane {} logged",
                                    write.lba, write.new_block, write.lane));
    for (std::size_t lane = 0; lane < was.free.size(); ++lane)
      if (is.free[lane] != was.free[lane])
        differs.push_back(fmt::format("lane {} has block {} free, where {} was to be expected",
                                      lane, is.free[lane], was.free[lane]));
    BSC_TRY_ASSIGN(auto foreseen, read_map(found, was));
    for (const Pending& write : was.pending)
      foreseen[write.lba] = {.state = MapState::kNormal, .block = write.new_block};
    BSC_TRY_ASSIGN(const auto map, read_map(left, is));
    for (std::uint32_t lba = 0; lba < map.size() && differs.size() < kMostFound; ++lba)
      if (map[lba].block != foreseen[lba].block || map[lba].state != foreseen[lba].state)
        differs.push_back(fmt::format("LBA {} is at {}, where {} was to be expected", lba,
                                      describe(map[lba]), describe(foreseen[lba])));
  }
  return differs;
}

}  // namespace bioscope::nvdimm
