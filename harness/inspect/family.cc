// SPDX-License-Identifier: GPL-2.0-only
#include "harness/inspect/family.h"

#include <fmt/core.h>

#include "harness/evidence/schema.h"

namespace bioscope::inspect {
namespace {

Moment moment(const bsc_record& record) { return {record.order, record.time}; }

}  // namespace

Life* Lives::current(std::uint64_t address) {
  const auto found = current_.find(address);
  return found == current_.end() ? nullptr : &lives_[found->second];
}

void Lives::begin(std::uint64_t address, const bsc_record& record) {
  Life life{.address = address, .number = 1, .born = moment(record)};
  life.task = fmt::format("{}-{}", evidence::text(record.comm), record.tid);
  if (Life* before = current(address)) {
    before->next = record.order;
    life.number = before->number + 1;
  }
  current_[address] = lives_.size();
  lives_.push_back(std::move(life));
}

void Lives::relate(std::uint64_t child, std::uint64_t parent, std::string_view relation) {
  Life* const mine = current(child);
  if (mine == nullptr || mine->parent != kNobody || child == parent) return;
  const auto theirs = current_.find(parent);
  if (theirs == current_.end()) return;
  // A ring of relations is a lie of the trace; a tree cannot show it.
  const std::size_t self = current_.at(child);
  for (std::size_t up = theirs->second; up != kNobody; up = lives_[up].parent)
    if (up == self) return;
  mine->parent = theirs->second;
  mine->relation = relation;
}

void Lives::see(const bsc_record& record) {
  switch (record.type) {
    case BSC_EVENT_BIO_ALLOC:
      begin(evidence::payload<bsc_event_bio_alloc>(record).bio, record);
      break;
    case BSC_EVENT_BIO_INIT: {
      // Kernels that do not inline it call it inside bio_alloc_bioset, before the event of that.
      begin(evidence::payload<bsc_event_bio_init>(record).bio, record);
      break;
    }
    case BSC_EVENT_BIO_RESET:
      begin(evidence::payload<bsc_event_bio_reset>(record).bio, record);
      break;
    case BSC_EVENT_BIO_CLONE: {
      const auto& event = evidence::payload<bsc_event_bio_clone>(record);
      relate(event.clone, event.source, "clone of");
      break;
    }
    case BSC_EVENT_BIO_CHAIN: {
      const auto& event = evidence::payload<bsc_event_bio_chain>(record);
      relate(event.bio, event.parent, "chained to");
      break;
    }
    case BSC_EVENT_DM_MAP: {
      const auto& event = evidence::payload<bsc_event_dm_map>(record);
      relate(event.clone, event.master, "clone of");
      break;
    }
    case BSC_EVENT_DM_REMAP: {
      const auto& event = evidence::payload<bsc_event_dm_remap>(record);
      relate(event.sent, event.clone, "sent for");
      break;
    }
    case BSC_EVENT_BIO_SUBMIT: {
      const auto& event = evidence::payload<bsc_event_bio_submit>(record);
      Life* const life = current(event.bio);
      if (life == nullptr || life->submitted) break;
      life->submitted = moment(record);
      life->dev = event.dev;
      life->opf = event.opf;
      life->size = event.size;
      life->sector = event.sector;
      break;
    }
    case BSC_EVENT_BIO_ENDIO: {
      const auto& event = evidence::payload<bsc_event_bio_endio>(record);
      if (Life* const life = current(event.bio)) {
        life->completed = moment(record);
        life->status = event.status;
      }
      break;
    }
    case BSC_EVENT_BIO_FREE:
      if (Life* const life = current(evidence::payload<bsc_event_bio_free>(record).bio))
        life->freed = moment(record);
      break;
    case BSC_EVENT_BIO_PUT: {
      // A bio that goes to a per-CPU cache is freed by its last put.
      const auto& event = evidence::payload<bsc_event_bio_put>(record);
      const bool last = (event.flags & BSC_PUT_REFFED) == 0 || event.refs == 1;
      if (Life* const life = current(event.bio);
          life != nullptr && last && (event.flags & BSC_PUT_CACHED) != 0)
        life->freed = moment(record);
      break;
    }
    default: break;
  }
}

std::size_t Lives::find(std::uint64_t address, std::uint64_t order) const {
  const auto last = current_.find(address);
  if (last == current_.end()) return kNobody;
  if (order == 0) return last->second;
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (lives_[i].address == address && lives_[i].covers(order)) return i;
  return kNobody;
}

std::vector<Member> family(const std::vector<Life>& lives, std::size_t life) {
  std::unordered_map<std::size_t, std::vector<std::size_t>> children;
  for (std::size_t i = 0; i < lives.size(); ++i)
    if (lives[i].parent != kNobody) children[lives[i].parent].push_back(i);
  std::vector<Member> members;
  const auto add = [&](const auto& self, std::size_t index, const std::string& label,
                       unsigned depth) -> void {
    members.push_back({index, label, depth});
    unsigned number = 0;
    for (const std::size_t child : children[index]) {
      ++number;
      self(self, child, fmt::format("{}{}{}", label, depth > 0 ? "." : "", number), depth + 1);
    }
  };
  add(add, life, "A", 0);
  return members;
}

}  // namespace bioscope::inspect
