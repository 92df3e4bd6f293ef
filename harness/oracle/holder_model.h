// SPDX-License-Identifier: GPL-2.0-only
// HolderModel: which disk stands on which block device, and who claims those, as the records tell
// it. As in BioModel it only states what happened and what contradicts itself; each oracle of
// holders keeps one of its own. What was there before arming stays unknown.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <bioscope/event.h>

namespace bioscope::oracle {

// A holder and one of its slaves. Orders are 0 for what did not happen.
struct Pair {
  std::uint64_t bdev = 0;   // the slave
  std::uint64_t whole = 0;  // its whole device, which may be itself
  std::uint64_t disk = 0;   // the holder
  std::uint32_t dev = 0;
  std::uint32_t disk_dev = 0;
  std::int32_t count = 0;     // links that succeeded less unlinks
  bool known = false;         // `count` is the whole truth
  bool shown = false;         // the holder had its directory when last asked
  std::uint64_t first = 0;    // the record from which on it is known
  std::uint64_t linked = 0;   // the last link that succeeded
  std::uint64_t failed = 0;   // the last link, if it failed
  std::uint64_t claimer = 0;  // whose claim the last link stood on
  unsigned times = 0;         // that it went from no link to one
};

// One call of bd_link_disk_holder or bd_unlink_disk_holder that has not returned.
struct HolderCall {
  bool link = false;
  std::uint64_t bdev = 0;
  std::uint64_t disk = 0;
  std::uint64_t order = 0;
  std::uint64_t time = 0;
  std::uint32_t flags = 0;
};

// A block device as claims see it.
struct Claimed {
  std::uint64_t bdev = 0;
  std::uint64_t whole = 0;
  std::uint32_t dev = 0;
  std::int32_t claims = 0;  // that were granted and not given back
  bool known = false;       // `claims` is the whole truth
  unsigned trying = 0;      // attempts of which it is not known yet how they end
  unsigned dropping = 0;    // claims on their way back
  std::uint64_t first = 0;  // the record from which on it is known
  std::uint64_t moved = 0;  // the last record about its claims
};

struct HolderChange {
  enum class Kind : std::uint8_t {
    kCalled,  // a link or an unlink begins
    kLinked,
    kLinkFailed,
    kUnlinked,
    kReturned,  // a link or an unlink
    kClaimed,
    kRefused,    // a claim
    kUnclaimed,  // the last claim of a device is about to be given back
    kRemoving,   // a whole device is about to be removed
    // contradictions
    kUnlinkedTooOften,
    kMiscounted,  // the kernel counts a pair otherwise
  };
  Kind kind{};
  const Pair* pair = nullptr;
  const Claimed* claimed = nullptr;
  std::uint64_t since = 0;  // the call's order, for what comes at its end
  std::uint32_t flags = 0;  // enum bsc_holder_flag at the call's begin
  std::int32_t refs = 0;    // the kernel's count
};

class HolderModel {
 public:
  // Takes the next record. The changes are valid until the next call.
  std::span<const HolderChange> apply(const bsc_record& record);

  const std::map<std::pair<std::uint64_t, std::uint64_t>, Pair>& pairs() const { return pairs_; }
  const std::unordered_map<std::uint64_t, Claimed>& claimed() const { return claimed_; }
  const std::unordered_map<std::uint32_t, HolderCall>& calls() const { return calls_; }  // by task
  // Since when a disk, given as such or as its block device, is being removed or gone; 0: it is
  // not.
  std::uint64_t removed(std::uint64_t address) const;
  // Whether del_gendisk has returned.
  bool gone(std::uint64_t whole) const { return gone_.contains(whole); }
  // The order of the task's record before this one; 0: it is its first.
  std::uint64_t before() const { return before_; }

 private:
  struct Try {
    std::uint64_t bdev = 0;
    std::uint64_t claimer = 0;
    bool granted = false;  // bd_prepare_to_claim has returned 0
  };

  Pair& pair(const bsc_record& record, std::uint64_t bdev, std::uint64_t disk, std::uint32_t dev);
  Claimed& device(const bsc_record& record, const bsc_event_claim_begin& event);
  void enter(const bsc_record& record, const bsc_event_holder_link& event, bool link);
  void leave(const bsc_record& record, const bsc_event_holder_linked& event, bool link);
  void on_claim(const bsc_record& record, const bsc_event_claim_begin& event);
  void grant(const bsc_record& record, Claimed& claimed, std::uint32_t tid);
  bool resolve(Claimed& claimed, std::uint32_t tid);
  void on_disk(const bsc_record& record, const bsc_event_disk_add& event);
  HolderChange& change(HolderChange::Kind kind);

  std::map<std::pair<std::uint64_t, std::uint64_t>, Pair> pairs_;  // by slave and holder
  std::unordered_map<std::uint64_t, Claimed> claimed_;             // by block device
  std::unordered_map<std::uint32_t, HolderCall> calls_;
  std::unordered_map<std::uint32_t, std::vector<Try>> tries_;  // by task, they nest
  std::unordered_map<std::uint64_t, std::uint64_t> quiet_;     // holders: order of the last return
  std::unordered_map<std::uint64_t, std::uint64_t> removed_;
  std::unordered_map<std::uint64_t, std::uint64_t> gone_;
  std::unordered_map<std::uint32_t, std::uint64_t> last_;  // by task
  std::uint64_t before_ = 0;
  std::vector<HolderChange> changes_;
};

}  // namespace bioscope::oracle
