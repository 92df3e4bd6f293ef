// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/bio_model.h"

#include "harness/evidence/schema.h"

namespace bioscope::oracle {

std::span<const Change> BioModel::apply(const bsc_record& record) {
  changes_.clear();
  evidence::visit(record, [this](const bsc_record& r, const auto& event) { on(r, event); });
  return changes_;
}

const Bio* BioModel::live(const Ref& ref) const {
  if (ref.bio == kNoIndex) return nullptr;
  const Bio& bio = bios_[ref.bio];
  return bio.generation == ref.generation ? &bio : nullptr;
}

const Bio* BioModel::current(std::uint64_t address) const {
  const Index index = find(address);
  return index == kNoIndex ? nullptr : &bios_[index];
}

Index BioModel::find(std::uint64_t address) const {
  const auto found = index_.find(address);
  return found == index_.end() ? kNoIndex : found->second;
}

// The current generation at an address, if its beginning was seen; a use of a freed one is noted.
// A bio that was alive before arming stays unknown until memory is handed out again.
Index BioModel::touch(std::uint64_t address) {
  const Index index = find(address);
  if (index != kNoIndex && bios_[index].state == BioState::kFreed)
    change(Change::Kind::kUsedAfterFree, index, bios_[index].freed);
  return index;
}

void BioModel::change(Change::Kind kind, Index bio, std::uint64_t since) {
  changes_.push_back({kind, bio, since});
}

Bio& BioModel::begin(Index index, const bsc_record& record, bool pooled) {
  Bio& bio = bios_[index];
  const auto address = bio.address;
  const auto generation = bio.generation + 1;
  auto clones = std::move(bio.clones);  // keeps its capacity
  clones.clear();
  bio = Bio{};
  bio.address = address;
  bio.generation = generation;
  bio.clones = std::move(clones);
  bio.pooled = pooled;
  bio.born = record.order;
  return bio;
}

Index BioModel::begin_at(std::uint64_t address, const bsc_record& record, bool pooled) {
  const auto [place, fresh] = index_.try_emplace(address, static_cast<Index>(bios_.size()));
  const Index index = place->second;
  if (fresh) bios_.emplace_back().address = address;
  begin(index, record, pooled);
  return index;
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_alloc& event) {
  const Index known = find(event.bio);
  std::uint64_t alive_since = 0;
  if (known != kNoIndex) {
    const Bio& bio = bios_[known];
    const bool alive = bio.pooled && bio.state != BioState::kFreed;
    if (alive || bio.displaced_live) alive_since = bio.born;
  }
  const Index index = begin_at(event.bio, record, true);
  bios_[index].dev = event.dev;
  bios_[index].opf = event.opf;
  bios_[index].bioset = event.bioset;
  if (alive_since != 0) change(Change::Kind::kBornAlive, index, alive_since);
  change(Change::Kind::kBorn, index);
}

// Caller-owned memory may be reused without a word: only pooled generations must end first. In
// kernels that do not inline it, bio_alloc_bioset calls bio_init and its own event follows.
void BioModel::on(const bsc_record& record, const bsc_event_bio_init& event) {
  const Index known = find(event.bio);
  const bool displaced =
      known != kNoIndex && bios_[known].pooled && bios_[known].state != BioState::kFreed;
  const std::uint64_t since = displaced ? bios_[known].born : 0;
  const Index index = begin_at(event.bio, record, false);
  bios_[index].dev = event.dev;
  bios_[index].opf = event.opf;
  bios_[index].displaced_live = displaced;
  if (displaced) bios_[index].born = since;
  change(Change::Kind::kBorn, index);
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_reset& event) {
  const Index known = touch(event.bio);
  if (known == kNoIndex) return;
  const std::uint64_t bioset = bios_[known].bioset;
  begin(known, record, bios_[known].pooled);
  bios_[known].bioset = bioset;
  bios_[known].dev = event.dev;
  bios_[known].opf = event.opf;
  change(Change::Kind::kBorn, known);
}

void BioModel::on(const bsc_record&, const bsc_event_bio_clone& event) {
  const Index clone = touch(event.clone);
  const Index source = touch(event.source);
  if (clone == kNoIndex || source == kNoIndex) return;
  bios_[clone].source = ref(source);
  bios_[source].clones.push_back(ref(clone));
  change(Change::Kind::kCloned, clone);
}

void BioModel::chain(Index child, Index parent) {
  if (parent != kNoIndex) {
    Bio& bio = bios_[parent];
    bio.remaining = bio.chained ? bio.remaining + 1 : 2;
    bio.chained = true;
    change(Change::Kind::kChained, parent);
  }
  if (child != kNoIndex && parent != kNoIndex) bios_[child].parent = ref(parent);
}

void BioModel::on(const bsc_record&, const bsc_event_bio_chain& event) {
  const Index child = touch(event.bio);
  chain(child, touch(event.parent));
}

// dm passes the rest of a bio on as the same bio and takes one more reference for it. Other
// drivers name the part that was split off, whose sector is not the new one.
void BioModel::on(const bsc_record&, const bsc_event_block_split& event) {
  const Index index = touch(event.bio);
  if (index == kNoIndex || event.sector != event.new_sector) return;
  Bio& bio = bios_[index];
  bio.remaining = bio.chained ? bio.remaining + 1 : 2;
  bio.chained = true;
  change(Change::Kind::kChained, index);
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_submit& event) {
  const Index index = touch(event.bio);
  if (index == kNoIndex) return;
  Bio& bio = bios_[index];
  if (bio.state == BioState::kFreed) return;
  bio.dev = event.dev;
  bio.opf = event.opf;
  bio.size = event.size;
  bio.submitted = record.order;
  bio.submit_time = record.time;
  bio.submit_cpu = record.cpu;
  if (bio.state == BioState::kCompleted && !bio.chained) bio.remaining = 1;
  bio.state = BioState::kSubmitted;
  change(Change::Kind::kSubmitted, index);
  // blk_next_bio chains without a call that a probe could see.
  if (chain_endio_ != 0 && event.end_io == chain_endio_ && live(bios_[index].parent) == nullptr)
    chain(index, find(event.private_data));
}

// One completion of a bio: by its own bio_endio (`event`), or by that of its last chained child.
void BioModel::complete(Index index, const bsc_record& record, const bsc_event_bio_endio* event) {
  Bio& bio = bios_[index];
  if (bio.chained) {
    if (--bio.remaining > 0) return;
    bio.counted = true;
    bio.chained = false;  // as the kernel clears BIO_CHAIN
    bio.believed = false;
    bio.remaining = 1;
  } else if (bio.state == BioState::kCompleted && event != nullptr && !bio.deferred &&
             !bio.target_ends && bio.end_io == event->end_io &&
             bio.private_data == event->private_data) {
    // A target that hooked bi_end_io restores the old one and completes the bio once more: that
    // is another end_io. The same one again is a second completion.
    change(Change::Kind::kCompletedAgain, index, bio.completed);
  }
  if (event != nullptr) {
    bio.end_io = event->end_io;
    bio.private_data = event->private_data;
  }
  bio.state = BioState::kCompleted;
  bio.completed = record.order;
  change(Change::Kind::kCompleted, index);
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_endio& event) {
  const Index index = touch(event.bio);
  if (index == kNoIndex) return;
  Bio& bio = bios_[index];
  if (bio.state == BioState::kFreed) {
    // Whoever ends it again is late, and wrong even so.
    if (bio.completed > bio.submitted && bio.end_io == event.end_io)
      change(Change::Kind::kCompletedAgain, index, bio.completed);
    return;
  }
  if ((event.flags & BSC_ENDIO_INTEGRITY) != 0) bio.deferred = true;
  if ((event.flags & BSC_ENDIO_CHAIN) != 0) {
    if (event.remaining <= 0) {
      change(Change::Kind::kOvercompleted, index, bio.born);
      return;
    }
    // References taken in a way that no probe sees: believe the kernel's own count.
    if (!bio.chained) {
      bio.remaining = event.remaining;
      bio.believed = true;
    }
    bio.chained = true;
  }
  if ((event.flags & BSC_ENDIO_CHAINED) != 0) {
    chain_endio_ = event.end_io;
    // A chain that was not seen: its parent has lost what it never had, unless the kernel's count
    // was taken over meanwhile.
    const Index parent = find(event.private_data);
    if (live(bio.parent) == nullptr && parent != kNoIndex && bios_[parent].believed)
      bio.parent = ref(parent);
  }
  complete(index, record, &event);
  // bio_endio goes on with the parents in the same call.
  std::uint64_t next = event.private_data;
  Ref child = ref(index);
  while (const Bio* done = live(child)) {
    if (done->state != BioState::kCompleted || done->completed != record.order) break;
    const Ref parent = done->parent;
    if (live(parent) == nullptr || bios_[parent.bio].state == BioState::kFreed) break;
    if (child == ref(index) && bios_[parent.bio].address != next) break;  // no longer chained
    if (bios_[parent.bio].completed == record.order) break;               // a ring
    complete(parent.bio, record, nullptr);
    child = parent;
  }
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_done& event) {
  if (const Index index = touch(event.bio); index != kNoIndex) bios_[index].done = record.order;
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_put& event) {
  const Index index = touch(event.bio);
  if (index == kNoIndex) return;
  Bio& bio = bios_[index];
  if (bio.state == BioState::kFreed || (event.flags & BSC_PUT_CACHED) == 0) return;
  if ((event.flags & BSC_PUT_REFFED) != 0 && event.refs > 1) return;
  if (bio.state == BioState::kSubmitted) change(Change::Kind::kFreedInFlight, index, bio.submitted);
  bio.state = BioState::kFreed;
  bio.freed = record.order;
  bio.cache_freed = true;
  change(Change::Kind::kFreed, index);
}

void BioModel::on(const bsc_record& record, const bsc_event_bio_free& event) {
  const Index index = find(event.bio);
  if (index == kNoIndex) return;
  Bio& bio = bios_[index];
  if (bio.state == BioState::kFreed) {
    // A last put that found itself in an interrupt frees for good after all.
    if (bio.cache_freed) {
      bio.cache_freed = false;
      return;
    }
    change(Change::Kind::kFreedTwice, index, bio.freed);
    return;
  }
  if (bio.state == BioState::kSubmitted) change(Change::Kind::kFreedInFlight, index, bio.submitted);
  bio.state = BioState::kFreed;
  bio.freed = record.order;
  change(Change::Kind::kFreed, index);
}

void BioModel::on(const bsc_record& record, const bsc_event_dm_map& event) {
  const Index clone = touch(event.clone);
  const Index master = touch(event.master);
  if (clone != kNoIndex) {
    bios_[clone].mapped = record.order;
    bios_[clone].target_ends = (event.tio_flags & BSC_MAP_TARGET_ENDS) != 0;
  }
  if (clone == kNoIndex || master == kNoIndex) return;
  bios_[clone].master = ref(master);
  // The clones of a flush are made of a bio on dm's stack, and serve their master all the same.
  if (bios_[clone].source != ref(master)) bios_[master].clones.push_back(ref(clone));
  change(Change::Kind::kMapped, clone);
}

void BioModel::on(const bsc_record&, const bsc_event_dm_io_rewind& event) {
  const Index parent = touch(event.parent);
  const Index master = touch(event.master);
  if (parent == kNoIndex || master == kNoIndex) return;
  if (bios_[parent].chained) --bios_[parent].remaining;
}

void BioModel::on(const bsc_record&, const bsc_event_dm_remap& event) {
  touch(event.clone);
  if (event.sent != event.clone) touch(event.sent);
  touch(event.master);
}

}  // namespace bioscope::oracle
