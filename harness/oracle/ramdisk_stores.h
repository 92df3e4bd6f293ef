// SPDX-License-Identifier: GPL-2.0-only
// RamdiskStores: the writes to ramdisks that are on their way, by task. One ends with the record of
// its last page, or with the next one of its task.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "harness/oracle/oracle.h"

namespace bioscope::oracle {

struct RamdiskPages {
  static constexpr std::uint64_t kMost = 1u << 16;  // of a call; brd takes 128 and less
  std::uint64_t begin = 0, end = 0;                 // by index

  static RamdiskPages of(std::uint64_t sector, std::uint64_t bytes) {
    constexpr std::uint64_t kPage = 4096, kSector = 512;
    const std::uint64_t begin = sector * kSector / kPage;
    return {begin, begin + (sector * kSector % kPage + bytes + kPage - 1) / kPage};
  }
  bool is_too_long() const { return end - begin > kMost; }
  bool holds(std::uint64_t page) const { return page >= begin && page < end; }
};

class RamdiskStores {
 public:
  static bool is_write(const bsc_event_brd_io& event) { return operation(event) == 1; }
  static bool is_discard(const bsc_event_brd_io& event) { return operation(event) == 3; }

  void begin(std::uint32_t task, const bsc_event_brd_io& event) {
    end(task);  // however far the one before came
    if (is_write(event) && event.size != 0)
      by_task_[task] = {event.brd, RamdiskPages::of(event.sector, event.size)};
  }
  void stored(std::uint32_t task, const bsc_event_brd_stored& event) {
    const auto own = by_task_.find(task);
    if (own == by_task_.end()) return;
    RamdiskPages& rest = own->second.rest;
    rest.begin = RamdiskPages::of(event.sector, event.size).end;
    if (event.result != 0 || rest.begin >= rest.end) by_task_.erase(own);
  }
  // The ramdisk that a task is writing to; 0 if to none.
  std::uint64_t of(std::uint32_t task) const {
    const auto own = by_task_.find(task);
    return own == by_task_.end() ? 0 : own->second.brd;
  }
  // Whether somebody is yet to store that page.
  bool is_due(std::uint64_t brd, std::uint64_t page) const {
    return std::ranges::any_of(by_task_, [&](const auto& entry) {
      return entry.second.brd == brd && entry.second.rest.holds(page);
    });
  }

 private:
  struct Store {
    std::uint64_t brd = 0;
    RamdiskPages rest{};  // what it has not stored yet
  };
  static std::uint32_t operation(const bsc_event_brd_io& event) { return event.opf & 0xff; }
  void end(std::uint32_t task) { by_task_.erase(task); }

  std::unordered_map<std::uint32_t, Store> by_task_;
};

}  // namespace bioscope::oracle
