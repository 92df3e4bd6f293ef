// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/served_bio.h"

namespace bioscope::oracle {
namespace {

constexpr std::size_t kMostAbove = 16;  // devices do not stack deeper

}  // namespace

void ServedBios::see(const Step& step) {
  if (step.record.type != BSC_EVENT_DM_REMAP) return;
  const auto& event = evidence::payload<bsc_event_dm_remap>(step.record);
  if (event.sent == event.clone) return;
  const Index sent = step.model.index(event.sent);
  const Index clone = step.model.index(event.clone);
  if (sent == kNoIndex || clone == kNoIndex) return;
  sent_[sent] = {step.model.at(sent).generation, step.model.ref(clone)};
}

std::vector<Ref> ServedBios::all_above(const BioModel& model, Index bio) const {
  std::vector<Ref> above;
  while (above.size() < kMostAbove) {
    const Bio& now = model.at(bio);
    const auto sent = sent_.find(bio);
    Ref next = now.master.bio != kNoIndex ? now.master : now.source;
    if (sent != sent_.end() && sent->second.generation == now.generation) next = sent->second.clone;
    if (model.live(next) == nullptr || next.bio == bio) break;
    above.push_back(next);
    bio = next.bio;
  }
  return above;
}

}  // namespace bioscope::oracle
