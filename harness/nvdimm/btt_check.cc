// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/btt_check.h"

#include <algorithm>
#include <array>
#include <map>

namespace bioscope::nvdimm {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint32_t kMaxSequence = 3;
constexpr std::uint32_t kBlockAlignment = 64;  // of internal_lba_size
constexpr std::size_t kChunk = 1 << 20;        // of the map, bytes
// Where the first arena is: version 2.0 begins with the namespace, 1.1 leaves room for a partition
// table of old.
constexpr std::uint64_t kFirstArena[] = {4096, 0};

Result<std::optional<InfoBlock>> read_info(const Bytes& bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < kInfoBytes) return std::nullopt;
  std::array<std::uint8_t, kInfoBytes> block{};
  BSC_TRY(bytes.read(offset, block));
  return parse_info(block);
}

// Where an arena is whose own info block need not be good.
struct Place {
  std::uint64_t offset = 0;
  InfoBlock info{};
};

// The first good info block from `begin` on, as what it is: the arena's own, or the copy at the
// end of an arena that begins at or behind `begin`.
Result<std::optional<Place>> search(const Bytes& bytes, std::uint64_t begin) {
  for (std::uint64_t at = begin; at + kInfoBytes <= bytes.size(); at += kPage) {
    if (const auto data = bytes.next_data(at); data > at) {
      const auto aligned = begin + (data - begin) / kPage * kPage;
      if (aligned > at) at = aligned;
      if (at + kInfoBytes > bytes.size()) break;
    }
    BSC_TRY_ASSIGN(const auto info, read_info(bytes, at));
    if (!info) continue;
    if (info->copy != 0 && info->copy < bytes.size() - at) {
      BSC_TRY_ASSIGN(const auto copy, read_info(bytes, at + info->copy));
      if (copy == info) return Place{at, *info};
    }
    if (info->copy != 0 && at >= info->copy && at - info->copy >= begin)
      return Place{at - info->copy, *info};
    return Place{at, *info};
  }
  return std::nullopt;
}

class Checker {
 public:
  explicit Checker(const Bytes& bytes) : bytes_(bytes) {}

  Result<Check> run(std::uint64_t offset) {
    BSC_TRY_ASSIGN(const auto first, find_first(offset));
    std::uint64_t at = first;
    for (;;) {
      BSC_TRY_ASSIGN(const bool found, enter(at));
      if (!found) break;
      BSC_TRY(check_arena());
      const auto next = arena().info.next_arena;
      if (next == 0 || !sound_) break;
      if (next >= bytes_.size() - at) {
        note("layout", at, "the next arena, {:#x} on, is beyond the file's end", next);
        break;
      }
      at += next;
    }
    return std::move(check_);
  }

 private:
  Arena& arena() { return check_.arenas.back(); }

  template <class... A>
  Inconsistency* note(std::string kind, std::uint64_t offset, fmt::format_string<A...> format,
                      A&&... args) {
    if (check_.found.size() == kMostFound) {
      ++check_.more;
      return &dropped_;
    }
    check_.found.push_back(
        {.kind = std::move(kind),
         .what = fmt::format(format, std::forward<A>(args)...),
         .arena = static_cast<unsigned>(check_.arenas.empty() ? 0 : check_.arenas.size() - 1),
         .offset = offset});
    return &check_.found.back();
  }

  Result<std::uint64_t> find_first(std::uint64_t offset) {
    for (const auto step : kFirstArena) {
      BSC_TRY_ASSIGN(const auto info, read_info(bytes_, offset + step));
      if (info) return offset + step;
    }
    BSC_TRY_ASSIGN(const auto place, search(bytes_, offset));
    if (place) return place->offset;
    return usage_error(
        "there is no block translation table: no info block with a good checksum from {:#x} on; "
        "give --offset if the namespace begins elsewhere",
        offset);
  }

  // Reads both info blocks of the arena at this offset; false if there is no arena to check.
  Result<bool> enter(std::uint64_t offset) {
    BSC_TRY_ASSIGN(const auto primary, read_info(bytes_, offset));
    std::optional<InfoBlock> info = primary;
    if (!primary) {
      BSC_TRY_ASSIGN(const auto place, search(bytes_, offset));
      if (place && place->offset == offset) info = place->info;
    }
    check_.arenas.push_back({.offset = offset});
    if (!primary) note("info", offset, "the info block has no good checksum");
    if (!info) {
      note("copy", offset, "nor is there a good copy of it: the arena is lost");
      return false;
    }
    arena().info = *info;
    arena().primary = primary.has_value();
    sound_ = check_layout();
    if (!primary || !sound_) return true;
    BSC_TRY_ASSIGN(const auto copy, read_info(bytes_, offset + info->copy));
    arena().copy = copy == info;
    if (!copy) {
      note("copy", offset + info->copy, "the copy of the info block has no good checksum");
    } else if (copy != info) {
      note("copy", offset + info->copy, "the copy of the info block says something else");
    }
    return true;
  }

  // Whether the parts lie one behind the other and within the file, so that they can be read.
  bool check_layout() {
    const InfoBlock& info = arena().info;
    const std::uint64_t offset = arena().offset;
    const std::uint64_t room = bytes_.size() - offset;
    if (info.flags & kArenaError) note("info", offset, "the arena is marked as being in error");
    const auto found = check_.found.size() + check_.more;
    const bool known = (info.version_major == 1 && info.version_minor == 1) ||
                       (info.version_major == 2 && info.version_minor == 0);
    if (!known)
      note("layout", offset, "version {}.{}, not 1.1 or 2.0", info.version_major,
           info.version_minor);
    if (info.info_size != kInfoBytes)
      note("layout", offset, "an info block of {} bytes", info.info_size);
    if (info.external_lba_size == 0 || info.internal_lba_size < info.external_lba_size ||
        info.internal_lba_size % kBlockAlignment != 0)
      note("layout", offset, "blocks of {} bytes for sectors of {}", info.internal_lba_size,
           info.external_lba_size);
    if (info.lanes == 0 ||
        std::uint64_t{info.external_lbas} + info.lanes != std::uint64_t{info.internal_lbas})
      note("layout", offset, "{} blocks are not {} sectors and {} spare ones", info.internal_lbas,
           info.external_lbas, info.lanes);
    struct Part {
      const char* name;
      std::uint64_t begin;
      std::uint64_t bytes;
    };
    const Part parts[] = {
        {"info block", 0, kInfoBytes},
        {"data area", info.data, std::uint64_t{info.internal_lbas} * info.internal_lba_size},
        {"map", info.map, std::uint64_t{info.external_lbas} * kMapEntryBytes},
        {"flog", info.flog, std::uint64_t{info.lanes} * kLaneBytes},
        {"copy of the info block", info.copy, kInfoBytes}};
    std::uint64_t end = 0;
    const char* before = "arena";
    for (const Part& part : parts) {
      if (part.begin < end)
        note("layout", offset, "the {} at {:#x} begins before the {} ends", part.name, part.begin,
             before);
      if (part.begin > room || part.bytes > room - part.begin) {
        note("layout", offset, "the {} at {:#x} does not lie within the file", part.name,
             part.begin);
        return false;
      }
      end = part.begin + part.bytes;
      before = part.name;
    }
    if (info.next_arena != 0 && info.next_arena < end)
      note("layout", offset, "the next arena at {:#x} begins before this one ends",
           info.next_arena);
    return check_.found.size() + check_.more == found;
  }

  Status check_arena() {
    if (!sound_) return {};
    BSC_TRY(read_flog());
    BSC_TRY(read_map());
    return {};
  }

  // ---- flog ----

  Status read_flog() {
    const InfoBlock& info = arena().info;
    std::vector<std::uint8_t> flog(std::size_t{info.lanes} * kLaneBytes);
    BSC_TRY(bytes_.read(arena().offset + info.flog, flog));
    find_halves(flog);
    for (std::uint32_t lane = 0; lane < info.lanes; ++lane)
      read_lane(lane, std::span(flog).subspan(lane * kLaneBytes, kLaneBytes));
    return {};
  }

  // Old kernels put the second half into the third slot; which of both is for the whole flog.
  void find_halves(std::span<const std::uint8_t> flog) {
    bool used[4]{};
    for (std::size_t at = 0; at < flog.size(); at += kSlotBytes)
      used[at / kSlotBytes % 4] |= parse_log_entry(flog.subspan(at, kSlotBytes)).sequence != 0;
    if ((used[1] && used[2]) || used[3])
      note("flog", arena().offset + arena().info.flog,
           "slots 0{}{}{} are in use, where it should be two", used[1] ? ", 1" : "",
           used[2] ? ", 2" : "", used[3] ? ", 3" : "");
    arena().log_step = used[2] && !used[1] ? 2 : 1;
  }

  void read_lane(std::uint32_t lane, std::span<const std::uint8_t> group) {
    const InfoBlock& info = arena().info;
    const std::uint64_t offset = arena().offset + info.flog + lane * kLaneBytes;
    const std::array<LogEntry, 2> halves{
        parse_log_entry(group.first(kSlotBytes)),
        parse_log_entry(group.subspan(*arena().log_step * kSlotBytes, kSlotBytes))};
    const auto wrong = [&](std::string what) {
      note("flog", offset, "lane {}: {}", lane, what)->lane = lane;
    };
    const auto& [a, b] = halves;
    if (a.sequence > kMaxSequence || b.sequence > kMaxSequence)
      return wrong(fmt::format("sequence numbers {} and {}", a.sequence, b.sequence));
    if (a.sequence == b.sequence)
      return wrong(a.sequence == 0
                       ? "neither half was ever written"
                       : fmt::format("both halves have the sequence number {}", a.sequence));
    const LogEntry& last = is_next(a.sequence, b.sequence) ? b : a;
    if (last.lba >= info.external_lbas || last.old_block >= info.internal_lbas ||
        last.new_block >= info.internal_lbas)
      return wrong(fmt::format("LBA {} from block {} to {}, of {} LBAs and {} blocks", last.lba,
                               last.old_block, last.new_block, info.external_lbas,
                               info.internal_lbas));
    arena().free.push_back(last.old_block);
    free_of_[last.old_block].push_back(lane);
    if (last.old_block != last.new_block)
      logged_[last.lba].push_back({.lane = lane,
                                   .lba = last.lba,
                                   .old_block = last.old_block,
                                   .new_block = last.new_block});
  }

  // Whether a half with the number `after` was written behind one with `before`; 0: never.
  static bool is_next(std::uint32_t before, std::uint32_t after) {
    if (before == 0 || after == 0) return before == 0;
    return before % kMaxSequence + 1 == after;
  }

  // ---- map ----

  Status for_each_entry(auto&& visit) {
    const InfoBlock& info = arena().info;
    const std::uint64_t map = arena().offset + info.map;
    std::vector<std::uint8_t> chunk(
        std::min<std::size_t>(kChunk, std::size_t{info.external_lbas} * kMapEntryBytes));
    auto logged = logged_.begin();  // the next LBA that some lane wrote last
    for (std::uint64_t lba = 0; lba < info.external_lbas;) {
      const auto entries =
          std::min<std::uint64_t>(kChunk / kMapEntryBytes, info.external_lbas - lba);
      const auto part = std::span(chunk).first(entries * kMapEntryBytes);
      BSC_TRY(bytes_.read(map + lba * kMapEntryBytes, part));
      for (std::uint64_t i = 0; i < entries; ++i, ++lba) {
        const auto number = static_cast<std::uint32_t>(lba);
        auto entry = parse_map_entry(load<std::uint32_t>(part, i * kMapEntryBytes), number);
        if (logged != logged_.end() && logged->first == number) {
          entry = settled(entry, logged->second);
          ++logged;
        }
        visit(number, entry);
      }
    }
    return {};
  }

  // The entry as a kernel that attaches leaves it.
  static MapEntry settled(MapEntry entry, std::span<const Pending> writes) {
    for (const Pending& pending : writes)
      if (entry.block == pending.old_block) {
        entry.block = pending.new_block;
        entry.state = MapState::kNormal;
      }
    return entry;
  }

  Status read_map() {
    const InfoBlock& info = arena().info;
    std::vector<std::uint8_t> taken(info.internal_lbas);
    std::uint64_t held = 0;                                     // blocks that somebody has
    std::map<std::uint32_t, std::vector<std::uint32_t>> twice;  // block: LBAs that map to it
    for (const auto& [block, lanes] : free_of_) taken[block] = 1;
    held = free_of_.size();
    const std::uint64_t map = arena().offset + info.map;
    BSC_TRY(for_each_entry([&](std::uint32_t lba, const MapEntry& entry) {
      arena().mapped += entry.state != MapState::kInitial;
      arena().zero += entry.state == MapState::kZero;
      arena().error += entry.state == MapState::kError;
      if (entry.block >= info.internal_lbas) {
        note("map", map + lba * kMapEntryBytes, "LBA {} maps to block {} of {}", lba, entry.block,
             info.internal_lbas)
            ->lba = lba;
        return;
      }
      if (taken[entry.block] != 0 && twice.size() < kMostFound) twice[entry.block];
      held += taken[entry.block] == 0;
      taken[entry.block] = 1;
    }));
    list_pending(map);
    BSC_TRY(explain(twice));
    if (held != info.internal_lbas) count_lost(taken);
    free_of_.clear();
    logged_.clear();
    return {};
  }

  void list_pending(std::uint64_t map) {
    for (const auto& [lba, writes] : logged_)
      for (const Pending& write : writes) {
        std::array<std::uint8_t, kMapEntryBytes> raw{};
        if (!bytes_.read(map + lba * kMapEntryBytes, raw)) continue;
        if (parse_map_entry(load<std::uint32_t>(raw, 0), lba).block == write.old_block)
          arena().pending.push_back(write);
      }
  }

  // Who shares a block: LBAs, lanes, or both.
  Status explain(std::map<std::uint32_t, std::vector<std::uint32_t>>& twice) {
    for (const auto& [block, lanes] : free_of_)
      if (lanes.size() > 1) twice[block];
    if (twice.empty()) return {};
    BSC_TRY(for_each_entry([&](std::uint32_t lba, const MapEntry& entry) {
      if (const auto found = twice.find(entry.block); found != twice.end())
        found->second.push_back(lba);
    }));
    for (const auto& [block, lbas] : twice) {
      const auto lanes = free_of_.find(block);
      std::string who;
      for (const auto lba : std::span(lbas).first(std::min<std::size_t>(lbas.size(), 4)))
        who += fmt::format("{}LBA {}", who.empty() ? "" : ", ", lba);
      if (lbas.size() > 4) who += fmt::format(" and {} more", lbas.size() - 4);
      if (lanes != free_of_.end())
        for (const auto lane : lanes->second)
          who += fmt::format("{}the free block of lane {}", who.empty() ? "" : ", ", lane);
      const auto& info = arena().info;
      auto* noted = note("permutation",
                         arena().offset + info.data + std::uint64_t{block} * info.internal_lba_size,
                         "block {} is held more than once: {}", block, who);
      noted->block = block;
      if (!lbas.empty()) noted->lba = lbas.front();
      if (lanes != free_of_.end()) noted->lane = lanes->second.front();
    }
    return {};
  }

  // A lane whose flog is damaged loses its free block with it: that is said once, of the lane.
  void count_lost(std::span<const std::uint8_t> taken) {
    const InfoBlock& info = arena().info;
    const auto damaged = info.lanes - arena().free.size();
    std::vector<std::uint32_t> lost;
    std::uint64_t count = 0;
    for (std::uint32_t block = 0; block < info.internal_lbas; ++block)
      if (taken[block] == 0 && ++count <= 4) lost.push_back(block);
    if (count <= damaged) return;
    std::string blocks;
    for (const auto block : lost) blocks += fmt::format("{}{}", blocks.empty() ? "" : ", ", block);
    auto* noted = note(
        "permutation",
        arena().offset + info.data + std::uint64_t{lost.front()} * info.internal_lba_size,
        "{} blocks are held by nobody: {}{}", count, blocks, count > lost.size() ? ", ..." : "");
    noted->block = lost.front();
  }

  const Bytes& bytes_;
  Check check_;
  Inconsistency dropped_;                                        // what exceeds the list
  bool sound_ = false;                                           // the arena's parts can be read
  std::map<std::uint32_t, std::vector<std::uint32_t>> free_of_;  // block: lanes
  std::map<std::uint32_t, std::vector<Pending>> logged_;         // LBA: last writes of lanes
};

}  // namespace

Result<Check> check_btt(const Bytes& bytes, std::uint64_t offset) {
  return Checker(bytes).run(offset);
}

}  // namespace bioscope::nvdimm
