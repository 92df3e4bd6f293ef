// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/holder_model.h"

#include <algorithm>

#include "harness/evidence/schema.h"

namespace bioscope::oracle {

using Kind = HolderChange::Kind;

std::span<const HolderChange> HolderModel::apply(const bsc_record& record) {
  changes_.clear();
  if (record.type == BSC_EVENT_STACK) return changes_;  // no deed of the task's
  before_ = std::exchange(last_[record.tid], record.order);
  switch (record.type) {
    case BSC_EVENT_HOLDER_LINK:
    case BSC_EVENT_HOLDER_UNLINK:
      enter(record, evidence::payload<bsc_event_holder_link>(record),
            record.type == BSC_EVENT_HOLDER_LINK);
      break;
    case BSC_EVENT_HOLDER_LINKED:
    case BSC_EVENT_HOLDER_UNLINKED:
      leave(record, evidence::payload<bsc_event_holder_linked>(record),
            record.type == BSC_EVENT_HOLDER_LINKED);
      break;
    case BSC_EVENT_CLAIM_BEGIN:
    case BSC_EVENT_CLAIM_TRIED:
    case BSC_EVENT_CLAIM_ABORTED:
    case BSC_EVENT_CLAIM_OPENED:
    case BSC_EVENT_CLAIM_DROP:
    case BSC_EVENT_CLAIM_DROPPED:
      on_claim(record, evidence::payload<bsc_event_claim_begin>(record));
      break;
    case BSC_EVENT_CLAIM_BY_PATH: {
      const auto& event = evidence::payload<bsc_event_claim_by_path>(record);
      if (const auto found = claimed_.find(event.bdev); found != claimed_.end())
        grant(record, found->second, record.tid);
      break;
    }
    case BSC_EVENT_DISK_ADD:
    case BSC_EVENT_DISK_DEL:
    case BSC_EVENT_DISK_GONE: on_disk(record, evidence::payload<bsc_event_disk_add>(record)); break;
    default: break;
  }
  return changes_;
}

std::uint64_t HolderModel::removed(std::uint64_t address) const {
  const auto found = removed_.find(address);
  return found == removed_.end() ? 0 : found->second;
}

HolderChange& HolderModel::change(Kind kind) { return changes_.emplace_back(HolderChange{kind}); }

// Addresses of partitions are reused without a word, so another number is another device.
Pair& HolderModel::pair(const bsc_record& record, std::uint64_t bdev, std::uint64_t disk,
                        std::uint32_t dev) {
  Pair& pair = pairs_[{bdev, disk}];
  if (pair.bdev == 0 || pair.dev != dev)
    pair = {.bdev = bdev, .disk = disk, .dev = dev, .first = record.order};
  return pair;
}

void HolderModel::enter(const bsc_record& record, const bsc_event_holder_link& event, bool link) {
  Pair& known = pair(record, event.bdev, event.disk, event.dev);
  known.whole = event.whole;
  known.disk_dev = event.disk_dev;
  known.shown = (event.flags & BSC_HOLDER_DIR) != 0;
  if (!known.known && event.refs >= 0) {
    known.count = event.refs;
    known.known = true;
  }
  if (link) known.claimer = event.claimer;
  calls_[record.tid] = {link, event.bdev, event.disk, record.order, record.time, event.flags};
  HolderChange& called = change(Kind::kCalled);
  called.pair = &known;
  called.since = record.order;
  called.flags = event.flags;
  if (link || !known.known) return;
  // What takes a link away counts from its begin, what makes one from its end.
  if (known.count > 0) {
    --known.count;
    HolderChange& unlinked = change(Kind::kUnlinked);
    unlinked.pair = &known;
    unlinked.since = record.order;
  } else {
    HolderChange& too_often = change(Kind::kUnlinkedTooOften);
    too_often.pair = &known;
    too_often.since = known.first;
  }
}

void HolderModel::leave(const bsc_record& record, const bsc_event_holder_linked& event, bool link) {
  const auto call = calls_.find(record.tid);
  const auto found = pairs_.find({event.bdev, event.disk});
  if (call == calls_.end() || found == pairs_.end() || call->second.bdev != event.bdev) return;
  Pair& known = found->second;
  const HolderCall begun = call->second;
  calls_.erase(call);
  const std::uint64_t quiet = std::exchange(quiet_[event.disk], record.order);

  if (link && event.result == 0) {
    ++known.count;
    if (known.count == 1) ++known.times;
    known.linked = record.order;
    known.failed = 0;
  } else if (link) {
    known.failed = record.order;
  }
  HolderChange& returned = change(!link               ? Kind::kReturned
                                  : event.result == 0 ? Kind::kLinked
                                                      : Kind::kLinkFailed);
  returned.pair = &known;
  returned.since = begun.order;
  returned.flags = begun.flags;
  // The kernel's count was read some time during the call: it says something if nobody else linked
  // or unlinked this holder meanwhile.
  const bool alone =
      quiet < begun.order &&
      std::ranges::none_of(
          calls_, [&](const auto& other) { return other.second.disk == event.disk; });
  if (!alone || !known.known || event.refs < 0 || event.refs == known.count) return;
  HolderChange& miscounted = change(Kind::kMiscounted);
  miscounted.pair = &known;
  miscounted.since = known.first;
  miscounted.refs = event.refs;
}

Claimed& HolderModel::device(const bsc_record& record, const bsc_event_claim_begin& event) {
  Claimed& claimed = claimed_[event.bdev];
  if (claimed.bdev == 0 || claimed.dev != event.dev) {
    // Once a disk was seen without a claim of any kind, all that follow are seen.
    const bool seen = std::ranges::any_of(claimed_, [&](const auto& other) {
      return other.second.known && other.second.whole == event.whole;
    });
    claimed = {.bdev = event.bdev,
               .whole = event.whole,
               .dev = event.dev,
               .known = event.holders == 0 && (event.whole_holders == 0 || seen),
               .first = record.order};
  }
  return claimed;
}

// Ends the task's innermost attempt at the device, if there is one.
bool HolderModel::resolve(Claimed& claimed, std::uint32_t tid) {
  const auto found = tries_.find(tid);
  if (found == tries_.end()) return false;
  auto& tries = found->second;
  const auto attempt = std::ranges::find(tries.rbegin(), tries.rend(), claimed.bdev, &Try::bdev);
  if (attempt == tries.rend()) return false;
  tries.erase(std::next(attempt).base());
  if (tries.empty()) tries_.erase(found);
  if (claimed.trying > 0) --claimed.trying;
  return true;
}

void HolderModel::grant(const bsc_record& record, Claimed& claimed, std::uint32_t tid) {
  // An open by path may have been seen to end already.
  if (!resolve(claimed, tid)) return;
  ++claimed.claims;
  claimed.moved = record.order;
  change(Kind::kClaimed).claimed = &claimed;
}

void HolderModel::on_claim(const bsc_record& record, const bsc_event_claim_begin& event) {
  if (record.type == BSC_EVENT_CLAIM_DROPPED) {
    const auto found = claimed_.find(event.bdev);
    if (found == claimed_.end() || found->second.dropping == 0) return;
    --found->second.dropping;
    found->second.moved = record.order;
    return;
  }
  Claimed& claimed = device(record, event);
  switch (record.type) {
    case BSC_EVENT_CLAIM_BEGIN:
      tries_[record.tid].push_back({event.bdev, event.claimer, false});
      ++claimed.trying;
      break;
    case BSC_EVENT_CLAIM_TRIED:
      if (event.result == 0 || !resolve(claimed, record.tid)) break;
      change(Kind::kRefused).claimed = &claimed;
      break;
    case BSC_EVENT_CLAIM_ABORTED: resolve(claimed, record.tid); break;
    case BSC_EVENT_CLAIM_OPENED: grant(record, claimed, record.tid); break;
    case BSC_EVENT_CLAIM_DROP: {
      // An open by path that found the device read-only gives its claim back at once.
      grant(record, claimed, record.tid);
      ++claimed.dropping;
      if (claimed.claims > 0) --claimed.claims;
      if (claimed.known && claimed.claims == 0 && claimed.trying == 0) {
        HolderChange& last = change(Kind::kUnclaimed);
        last.claimed = &claimed;
        last.since = claimed.first;
      }
      break;
    }
    default: break;
  }
  claimed.moved = record.order;
}

void HolderModel::on_disk(const bsc_record& record, const bsc_event_disk_add& event) {
  if (record.type == BSC_EVENT_DISK_ADD) {
    // Its memory may have been another's.
    removed_.erase(event.bdev);
    removed_.erase(event.disk);
    gone_.erase(event.bdev);
    std::erase_if(pairs_, [&](const auto& entry) {
      const Pair& pair = entry.second;
      const bool old = pair.disk == event.disk && pair.disk_dev != event.dev;
      return old || (pair.bdev == event.bdev && pair.dev != event.dev);
    });
    return;
  }
  if (record.type == BSC_EVENT_DISK_GONE) {
    gone_.emplace(event.bdev, record.order);
    return;
  }
  removed_.emplace(event.bdev, record.order);
  removed_.emplace(event.disk, record.order);
  for (const auto& [key, pair] : pairs_) {
    if (pair.whole != event.bdev && pair.disk != event.disk) continue;
    HolderChange& removing = change(Kind::kRemoving);
    removing.pair = &pair;
    removing.since = pair.first;
  }
}

}  // namespace bioscope::oracle
