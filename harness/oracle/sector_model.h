// SPDX-License-Identifier: GPL-2.0-only
// SectorModel: what each sector of a disk may hold, by the calls that a workload recorded. A read
// may return what the last write before it left, or any write that it overlaps. Pure; every oracle
// and witness about contents owns one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <bioscope/event.h>

namespace bioscope::oracle {

// A call that made new content of a sector, from its begin to its return.
struct SectorWrite {
  bsc_io_op op = BSC_IO_WRITE;  // or ZERO, DISCARD; READ: what was there before anything was seen
  bool buffered = false;
  bool failed = false;
  std::uint32_t writer = 0;
  std::uint64_t counter = 0;
  std::uint64_t begin = 0;  // orders
  std::uint64_t end = 0;    // 0: it has not returned
  // Of a discard, which may leave what was there: the writers and counters of that, and whether
  // zeros were among it. A read settles it.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> kept{};
  bool kept_unknown = false;
};

// A sector that a read got and could not have got.
struct Misread {
  enum class Kind : std::uint8_t {
    kStale,      // what an older write left there, or nobody did
    kLost,       // zeros, where something was written
    kDamaged,    // no whole sector of one write
    kMisplaced,  // what was written to another sector or disk
  };
  Kind kind{};
  bool buffered = false;  // the read
  std::uint32_t dev = 0;
  std::uint64_t sector = 0;
  std::string got{};    // in words
  SectorWrite newer{};  // what had been written before the read began
};

// A call of the workload, as far as it is known.
struct DiskCall {
  bsc_event_io_call event{};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int32_t result = 0;
};

class SectorModel {
 public:
  // Takes the next record; a read that returned may show a misread.
  std::optional<Misread> apply(const bsc_record& record);
  // The call that the last record, a return, was of; null otherwise.
  const DiskCall* returned() const { return returned_; }
  // The read whose content the last record showed; null otherwise.
  const DiskCall* shown() const { return shown_; }
  // How many writes may be what that read got of its first sector: more than one, if it overlaps
  // one.
  std::size_t choices() const { return choices_; }

  static std::uint64_t place(std::uint32_t dev, std::uint64_t sector) {
    return std::uint64_t{dev} << 32 | sector / 8;
  }

 private:
  using Key = std::pair<std::uint32_t, std::uint64_t>;  // dev, sector

  void begin(const bsc_record& record, const bsc_event_io_call& event);
  void end(const bsc_record& record, const bsc_event_io_return& event);
  std::optional<Misread> see(const bsc_event_io_seen& event);
  std::optional<Misread> judge(const DiskCall& read, const bsc_event_io_seen& event,
                               std::uint64_t sector);
  std::vector<SectorWrite*> candidates(std::vector<SectorWrite>& writes, std::uint64_t begin,
                                       std::uint64_t end) const;
  void prune(std::vector<SectorWrite>& writes) const;

  std::map<Key, std::vector<SectorWrite>> sectors_;
  std::unordered_map<std::uint32_t, DiskCall> calls_;  // under way
  std::unordered_map<std::uint32_t, DiskCall> reads_;  // returned, by their task
  const DiskCall* returned_ = nullptr;
  const DiskCall* shown_ = nullptr;
  DiskCall last_{};
  std::size_t choices_ = 0;
};

}  // namespace bioscope::oracle
