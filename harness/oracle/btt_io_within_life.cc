// SPDX-License-Identifier: GPL-2.0-only
// C9: a table takes bios only while it has its arenas: these are freed when its disk is gone and no
// bio is inside, and no bio comes afterwards.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class BttIoWithinLife final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_BTT_SUBMIT:
        submitted(step, evidence::payload<bsc_event_btt_submit>(record));
        break;
      case BSC_EVENT_BTT_SUBMITTED: inside_.erase(record.tid); break;
      case BSC_EVENT_BTT_ARENAS_FREED:
        freed(step, evidence::payload<bsc_event_btt_attached>(record));
        break;
      case BSC_EVENT_BTT_ARENA:
        // Of another table, whose disk may get the address of one that is gone, and is scanned for
        // partitions before it is added.
        std::erase_if(disks_, [](const auto& disk) { return disk.second.freed != 0; });
        break;
      case BSC_EVENT_DISK_ADD: {
        const auto& event = evidence::payload<bsc_event_disk_add>(record);
        if (event.result == 0) disks_[event.disk] = {.added = record.order};
        break;
      }
      case BSC_EVENT_DISK_GONE:
        disks_[evidence::payload<bsc_event_disk_add>(record).disk].gone = true;
        break;
      default: break;
    }
  }

 private:
  struct Disk {
    std::uint64_t added = 0;
    bool gone = false;
    std::uint64_t freed = 0;  // order
  };
  struct Inside {
    std::uint64_t disk = 0;
    std::uint64_t order = 0;
  };

  void submitted(const Step& step, const bsc_event_btt_submit& event) {
    inside_[step.record.tid] = {event.disk, step.record.order};
    const auto found = disks_.find(event.disk);
    if (found != disks_.end() && found->second.freed != 0)
      accuse(step, "io_after_free", event.disk, found->second.freed,
             "a table whose arenas are freed takes a bio");
  }

  void freed(const Step& step, const bsc_event_btt_attached& event) {
    if (event.disk == 0) return;  // it never had one
    Disk& disk = disks_[event.disk];
    if (disk.added != 0 && !disk.gone)
      accuse(step, "freed_before_disk_gone", event.disk, disk.added,
             "the arenas of a table are freed while its disk is there");
    for (const auto& [tid, inside] : inside_)
      if (inside.disk == event.disk)
        accuse(
            step, "freed_under_io", event.disk, inside.order,
            fmt::format("the arenas of a table are freed while task {} is inside with a bio", tid));
    disk.freed = step.record.order;
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "btt_io_within_life",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Disk> disks_;
  std::unordered_map<std::uint32_t, Inside> inside_;  // by task
};

}  // namespace

std::unique_ptr<Oracle> make_btt_io_within_life() { return std::make_unique<BttIoWithinLife>(); }

}  // namespace bioscope::oracle
