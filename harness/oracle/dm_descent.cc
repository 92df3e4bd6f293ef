// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/dm_descent.h"

#include "harness/oracle/bio_op.h"

namespace bioscope::oracle {

void DmDescent::see(const Step& step) {
  const bsc_record& record = step.record;
  switch (record.type) {
    case BSC_EVENT_DM_MAP: {
      const auto& event = evidence::payload<bsc_event_dm_map>(record);
      mapped_.insert(event.dev);
      if (event.size == 0) flushed_.try_emplace(event.dev, record.order);
      const Index clone = step.model.index(event.clone);
      const Index master = step.model.index(event.master);
      if (clone != kNoIndex && master != kNoIndex)
        from_[clone] = {step.model.at(clone).generation, event.dev, step.model.ref(master)};
      return;
    }
    case BSC_EVENT_DM_REMAP: {
      const auto& event = evidence::payload<bsc_event_dm_remap>(record);
      const Index clone = step.model.index(event.clone);
      const Index sent = step.model.index(event.sent);
      if (sent == clone || sent == kNoIndex || clone == kNoIndex) return;
      if (const From* above = from(step.model, clone))
        from_[sent] = {step.model.at(sent).generation, above->device, above->master};
      return;
    }
    case BSC_EVENT_DM_IO_COMPLETE: {
      // Later kernels send an empty flush without a map. Without a cache it does not come to dm.
      const auto& event = evidence::payload<bsc_event_dm_io_complete>(record);
      const Bio* master = step.model.current(event.master);
      if (master != nullptr && master->state == BioState::kSubmitted && master->size == 0 &&
          (master->opf & kPreflush) != 0)
        flushed_.try_emplace(master->dev, record.order);
      return;
    }
    case BSC_EVENT_DM_SUSPENDED:
      flushed_.erase(evidence::payload<bsc_event_dm_suspended>(record).dev);
      return;
    case BSC_EVENT_DM_RESUME:
      flushed_.erase(evidence::payload<bsc_event_dm_resume>(record).dev);
      return;
    default: return;
  }
}

const DmDescent::From* DmDescent::from(const BioModel& model, Index bio) const {
  const auto found = from_.find(bio);
  return found == from_.end() || found->second.generation != model.at(bio).generation
             ? nullptr
             : &found->second;
}

}  // namespace bioscope::oracle
