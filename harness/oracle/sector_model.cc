// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/sector_model.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "harness/evidence/schema.h"

namespace bioscope::oracle {
namespace {

using Author = std::pair<std::uint32_t, std::uint64_t>;

constexpr std::size_t kManyWrites = 8;  // of a sector, before those that are over are dropped

bool makes_content(std::uint32_t op) {
  return op == BSC_IO_WRITE || op == BSC_IO_ZERO || op == BSC_IO_DISCARD;
}

std::string words(const bsc_event_io_seen& seen) {
  if (seen.state == BSC_SECTOR_ZERO) return "zeros";
  if (seen.state == BSC_SECTOR_DAMAGED) return "no whole sector of one write";
  return fmt::format("write {} of writer {}", seen.counter, seen.writer);
}

bool is_whole(const bsc_event_io_seen& seen, std::uint64_t sector) {
  return seen.state == BSC_SECTOR_STAMPED && seen.stamp_dev == seen.dev &&
         seen.stamp_sector + (sector - seen.sector) == sector;
}

// What is not known to be zeroed or written may be anything.
bool may_be(const SectorWrite& write, const bsc_event_io_seen& seen, std::uint64_t sector) {
  switch (write.op) {
    case BSC_IO_WRITE:
      return is_whole(seen, sector) && seen.writer == write.writer && seen.counter == write.counter;
    case BSC_IO_ZERO: return seen.state == BSC_SECTOR_ZERO;
    case BSC_IO_DISCARD:
      return seen.state == BSC_SECTOR_ZERO || write.kept_unknown ||
             (is_whole(seen, sector) &&
              std::ranges::find(write.kept, Author(seen.writer, seen.counter)) != write.kept.end());
    default: return true;
  }
}

}  // namespace

std::vector<SectorWrite*> SectorModel::candidates(std::vector<SectorWrite>& writes,
                                                  std::uint64_t begin, std::uint64_t end) const {
  std::vector<SectorWrite*> found;
  for (SectorWrite& write : writes) {
    const bool over = std::ranges::any_of(writes, [&](const SectorWrite& newer) {
      // What was there at the begin is older than all that was seen.
      const bool after = write.op == BSC_IO_READ || (write.end != 0 && newer.begin > write.end);
      return newer.op != BSC_IO_READ && !newer.failed && newer.end != 0 && newer.end < begin &&
             after;
    });
    if (write.begin < end && !over) found.push_back(&write);
  }
  return found;
}

// Drops what no read that is under way, or comes, can get any more.
void SectorModel::prune(std::vector<SectorWrite>& writes) const {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [id, call] : calls_) oldest = std::min(oldest, call.begin);
  for (const auto& [tid, read] : reads_) oldest = std::min(oldest, read.begin);
  const auto kept = candidates(writes, oldest, std::numeric_limits<std::uint64_t>::max());
  std::vector<SectorWrite> left;
  for (SectorWrite* write : kept) left.push_back(std::move(*write));
  writes = std::move(left);
}

void SectorModel::begin(const bsc_record& record, const bsc_event_io_call& event) {
  calls_[event.call] = {event, record.order, 0, 0};
  if (!makes_content(event.op)) return;
  for (std::uint64_t sector = event.sector; sector < event.sector + event.sectors; ++sector) {
    auto& writes = sectors_[{event.dev, sector}];
    if (writes.empty()) writes.push_back({.op = BSC_IO_READ});
    if (writes.size() >= kManyWrites) prune(writes);
    SectorWrite write{.op = static_cast<bsc_io_op>(event.op),
                      .buffered = (event.flags & BSC_IO_BUFFERED) != 0,
                      .writer = event.writer,
                      .counter = event.counter,
                      .begin = record.order};
    if (write.op == BSC_IO_DISCARD)
      for (const SectorWrite* old : candidates(writes, record.order, record.order)) {
        if (old->op == BSC_IO_WRITE) write.kept.emplace_back(old->writer, old->counter);
        if (old->op == BSC_IO_READ || old->failed) write.kept_unknown = true;
        write.kept.insert(write.kept.end(), old->kept.begin(), old->kept.end());
        write.kept_unknown = write.kept_unknown || old->kept_unknown;
      }
    writes.push_back(std::move(write));
  }
}

void SectorModel::end(const bsc_record& record, const bsc_event_io_return& event) {
  const auto found = calls_.find(event.call);
  if (found == calls_.end()) return;
  last_ = found->second;
  calls_.erase(found);
  last_.end = record.order;
  last_.result = event.result;
  returned_ = &last_;
  const bsc_event_io_call& call = last_.event;
  if (call.op == BSC_IO_READ) reads_[record.tid] = last_;
  if (!makes_content(call.op)) return;
  for (std::uint64_t sector = call.sector; sector < call.sector + call.sectors; ++sector)
    for (SectorWrite& write : sectors_[{call.dev, sector}])
      if (write.begin == last_.begin) {
        write.end = record.order;
        write.failed = event.result != 0;
      }
}

std::optional<Misread> SectorModel::judge(const DiskCall& read, const bsc_event_io_seen& event,
                                          std::uint64_t sector) {
  const auto found = sectors_.find({event.dev, sector});
  if (found == sectors_.end()) return std::nullopt;
  std::vector<SectorWrite>& writes = found->second;
  const auto allowed = candidates(writes, read.begin, read.end);
  if (sector == event.sector) choices_ = allowed.size();
  const bool mixed =
      allowed.size() > 1 || std::ranges::any_of(allowed, [](const SectorWrite* write) {
        return write->failed || write->op == BSC_IO_READ || write->kept_unknown;
      });
  if (event.state == BSC_SECTOR_DAMAGED && mixed) return std::nullopt;
  if (std::ranges::any_of(
          allowed, [&](const SectorWrite* write) { return may_be(*write, event, sector); })) {
    // From here on a discard has left what was seen.
    SectorWrite& only = *allowed.front();
    if (allowed.size() == 1 && only.op == BSC_IO_DISCARD && !only.kept_unknown) {
      only.op = event.state == BSC_SECTOR_ZERO ? BSC_IO_ZERO : BSC_IO_WRITE;
      only.writer = event.writer;
      only.counter = event.counter;
      only.kept.clear();
    }
    return std::nullopt;
  }
  Misread misread{.buffered = (read.event.flags & BSC_IO_BUFFERED) != 0,
                  .dev = event.dev,
                  .sector = sector,
                  .got = words(event)};
  for (const SectorWrite& write : writes)
    if (!write.failed && write.end != 0 && write.end < read.begin &&
        write.begin >= misread.newer.begin)
      misread.newer = write;
  misread.kind = event.state == BSC_SECTOR_DAMAGED ? Misread::Kind::kDamaged
                 : event.state == BSC_SECTOR_ZERO  ? Misread::Kind::kLost
                 : !is_whole(event, sector)        ? Misread::Kind::kMisplaced
                                                   : Misread::Kind::kStale;
  return misread;
}

std::optional<Misread> SectorModel::see(const bsc_event_io_seen& event) {
  std::optional<Misread> first;
  for (std::uint64_t sector = event.sector; sector < event.sector + event.sectors; ++sector) {
    auto misread = judge(*shown_, event, sector);
    if (misread && !first) first = std::move(misread);
  }
  return first;
}

std::optional<Misread> SectorModel::apply(const bsc_record& record) {
  returned_ = nullptr;
  shown_ = nullptr;
  choices_ = 0;
  switch (record.type) {
    case BSC_EVENT_IO_CALL: {
      reads_.erase(record.tid);
      begin(record, evidence::payload<bsc_event_io_call>(record));
      return std::nullopt;
    }
    case BSC_EVENT_IO_RETURN: {
      end(record, evidence::payload<bsc_event_io_return>(record));
      return std::nullopt;
    }
    case BSC_EVENT_IO_SEEN: {
      const auto& event = evidence::payload<bsc_event_io_seen>(record);
      const auto read = reads_.find(record.tid);
      if (read == reads_.end() || read->second.event.call != event.call) return std::nullopt;
      shown_ = &read->second;
      return see(event);
    }
    default: return std::nullopt;
  }
}

}  // namespace bioscope::oracle
