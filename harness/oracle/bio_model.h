// SPDX-License-Identifier: GPL-2.0-only
// BioModel: the state of every bio as the records tell it. An object is (address, generation); a
// generation begins at an allocation, an init or a reset. The model only states what happened and
// what contradicts itself (Change); oracles decide what is a violation.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <bioscope/event.h>

namespace bioscope::oracle {

using Index = std::uint32_t;
inline constexpr Index kNoIndex = ~Index{0};

enum class BioState : std::uint8_t { kNew, kSubmitted, kCompleted, kFreed };

// One generation of a bio.
struct Ref {
  Index bio = kNoIndex;
  std::uint32_t generation = 0;
  friend bool operator==(const Ref&, const Ref&) = default;
};

struct Bio {
  std::uint64_t address = 0;
  std::uint32_t generation = 0;
  BioState state = BioState::kNew;
  bool pooled = false;          // from a bioset: ends at bio_free or at its last put
  bool chained = false;         // BIO_CHAIN: `remaining` counts
  bool cache_freed = false;     // its last put went to a per-CPU cache
  bool displaced_live = false;  // bio_init took over a live pooled generation
  bool deferred = false;        // integrity data: its completion may be entered twice
  bool target_ends = false;     // a dm target may keep it at its completion and complete it again
  bool believed = false;        // `remaining` is the kernel's own count, every chain included
  bool counted = false;         // its completion was found by counting references of its chain
  std::int32_t remaining = 1;
  std::uint32_t dev = 0;
  std::uint32_t opf = 0;
  std::uint32_t size = 0;  // bytes, when last submitted
  std::uint16_t submit_cpu = 0;
  std::uint64_t bioset = 0;  // address, 0 unless pooled
  std::uint64_t born = 0;    // orders
  std::uint64_t mapped = 0;  // dm handed it to a target
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t done = 0;  // bio_done was seen, which shows that the kernel's own count agrees
  std::uint64_t freed = 0;
  std::uint64_t submit_time = 0;  // ns
  std::uint64_t end_io = 0;       // of its completion, to tell a second one from an unhooked one
  std::uint64_t private_data = 0;
  Ref source{};               // what it is a clone of
  Ref master{};               // dm: the bio whose dm_io it serves
  Ref parent{};               // bio_chain
  std::vector<Ref> clones{};  // made of it or for it, of this generation
};

struct Change {
  enum class Kind : std::uint8_t {
    kBorn,
    kCloned,   // `bio` is the clone
    kMapped,   // dm handed `bio` to a target
    kChained,  // `bio` waits for one more
    kSubmitted,
    kCompleted,
    kFreed,
    // contradictions
    kUsedAfterFree,
    kFreedTwice,
    kBornAlive,       // memory of a live pooled generation was handed out
    kCompletedAgain,  // without a submission in between, by the same end_io
    kOvercompleted,   // a completion of a chain that had no reference left
    kFreedInFlight,
  };
  Kind kind{};
  Index bio = kNoIndex;
  // For kBornAlive: when the generation that was still alive was born, else 0.
  std::uint64_t since = 0;
};

class BioModel {
 public:
  // Takes the next record. The changes are valid until the next call.
  std::span<const Change> apply(const bsc_record& record);

  const Bio& at(Index index) const { return bios_[index]; }
  // The generation if it is still the current one of its address, else null.
  const Bio* live(const Ref& ref) const;
  // The current generation at an address, or null if none was seen to begin there.
  const Bio* current(std::uint64_t address) const;
  Index index(std::uint64_t address) const { return find(address); }  // kNoIndex likewise
  const std::deque<Bio>& bios() const { return bios_; }
  Ref ref(Index index) const { return {index, bios_[index].generation}; }

 private:
  Index find(std::uint64_t address) const;
  Index touch(std::uint64_t address);
  Bio& begin(Index index, const bsc_record& record, bool pooled);
  Index begin_at(std::uint64_t address, const bsc_record& record, bool pooled);
  void change(Change::Kind kind, Index bio, std::uint64_t since = 0);
  void chain(Index child, Index parent);
  void complete(Index index, const bsc_record& record, const bsc_event_bio_endio* event);
  void on(const bsc_record& record, const bsc_event_bio_alloc& event);
  void on(const bsc_record& record, const bsc_event_bio_init& event);
  void on(const bsc_record& record, const bsc_event_bio_reset& event);
  void on(const bsc_record& record, const bsc_event_bio_clone& event);
  void on(const bsc_record& record, const bsc_event_bio_chain& event);
  void on(const bsc_record& record, const bsc_event_block_split& event);
  void on(const bsc_record& record, const bsc_event_bio_submit& event);
  void on(const bsc_record& record, const bsc_event_bio_endio& event);
  void on(const bsc_record& record, const bsc_event_bio_done& event);
  void on(const bsc_record& record, const bsc_event_bio_put& event);
  void on(const bsc_record& record, const bsc_event_bio_free& event);
  void on(const bsc_record& record, const bsc_event_dm_map& event);
  void on(const bsc_record& record, const bsc_event_dm_io_rewind& event);
  void on(const bsc_record& record, const bsc_event_dm_remap& event);
  template <class Other>
  void on(const bsc_record&, const Other&) {}

  boost::unordered_flat_map<std::uint64_t, Index> index_;
  std::deque<Bio> bios_;
  std::vector<Change> changes_;
  std::uint64_t chain_endio_ = 0;  // bio_chain_endio, once it was seen at work
};

}  // namespace bioscope::oracle
