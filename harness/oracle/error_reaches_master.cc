// SPDX-License-Identifier: GPL-2.0-only
// D5: an error below reaches the master. From a clone whose target has no say in it to its dm_io,
// from a bio that a target sent for a clone to that clone, from a dm_io to its master, from a
// chained bio to its parent: what got an error does not end well. Exempt is what dm sends again: a
// bio that was pushed back, and a preflush, whose error no kernel keeps once it sends the data.
#include <algorithm>
#include <unordered_map>

#include "harness/oracle/block_status.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class ErrorReachesMaster final : public Oracle {
 public:
  void see(const Step& step) override {
    switch (step.record.type) {
      case BSC_EVENT_DM_MAP: mapped(step, evidence::payload<bsc_event_dm_map>(step.record)); break;
      case BSC_EVENT_DM_CLONE_ENDIO:
        clone_ended(step, evidence::payload<bsc_event_dm_clone_endio>(step.record));
        break;
      case BSC_EVENT_DM_IO_COMPLETE:
        io_completed(step, evidence::payload<bsc_event_dm_io_complete>(step.record));
        break;
      case BSC_EVENT_DM_REMAP:
        sent(step, evidence::payload<bsc_event_dm_remap>(step.record));
        break;
      case BSC_EVENT_BIO_ENDIO: {
        const auto& event = evidence::payload<bsc_event_bio_endio>(step.record);
        if (!completes(step, event.bio)) break;
        came_back(step, event.bio, event.status);
        // Of a chain's last two completions the one that enters first may read the status before
        // the other has set it. What bio_done shows of it comes after both.
        if ((event.flags & BSC_ENDIO_CHAIN) == 0) settle(step, event.bio, event.status);
        pass_up(step, event.bio, event.status, event.flags, event.private_data);
        break;
      }
      case BSC_EVENT_BIO_DONE: {
        const auto& event = evidence::payload<bsc_event_bio_done>(step.record);
        settle(step, event.bio, event.status);
        pass_up(step, event.bio, event.status, event.flags, event.private_data);
        break;
      }
      default: break;
    }
  }

  void conclude(const Closing&, const BioModel& model) override {
    for (const auto& [address, debt] : debts_) {
      const Bio* bio = model.current(address);
      if (bio == nullptr || bio->generation != debt.generation ||
          bio->state != BioState::kSubmitted)
        ++unseen_;
    }
    if (unseen_ != 0)
      undecided(fmt::format("the status with which {} bios ended was not seen", unseen_));
  }

 private:
  // An error that something above must end with.
  struct Debt {
    std::uint32_t generation = 0;  // of the bio that owes it
    std::uint32_t status = 0;
    std::uint64_t order = 0;  // where the error was seen
    std::uint64_t since = 0;  // first record that the proof needs
    std::string_view kind{};
    std::uint64_t from = 0;
  };
  // A bio that a target sent for a clone of dm's.
  struct Errand {
    std::uint32_t generation = 0;
    std::uint64_t clone = 0;  // address
    std::uint32_t clone_generation = 0;
  };
  struct Io {
    bool data = false;  // a clone of it carries data
    Debt debt{};        // of order 0: none
  };

  static bool completes(const Step& step, std::uint64_t address) {
    for (const Change& change : step.changes)
      if (change.kind == Change::Kind::kCompleted && step.model.at(change.bio).address == address)
        return true;
    return false;
  }

  void mapped(const Step&, const bsc_event_dm_map& event) {
    ios_[event.io].data |= event.size != 0;
  }

  void clone_ended(const Step& step, const bsc_event_dm_clone_endio& event) {
    const Bio* clone = step.model.current(event.clone);
    if (event.status == kStatusOk || clone == nullptr || clone->mapped == 0 || clone->target_ends)
      return;
    Io& io = ios_[event.io];
    if (io.debt.order == 0)
      io.debt = {0, event.status, step.record.order, clone->born, "clone_error_lost", event.clone};
  }

  void io_completed(const Step& step, const bsc_event_dm_io_complete& event) {
    const Io io = ios_[event.io];
    ios_.erase(event.io);
    const Bio* master = step.model.current(event.master);
    if (event.status == kStatusOk) {
      if (io.debt.order != 0) accuse(step, event.master, io.debt);
      return;
    }
    const bool again = event.status == kStatusDmRequeue || event.status == kStatusAgain;
    const bool preflush = !io.data && master != nullptr && master->size != 0;
    if (again || preflush || master == nullptr) return;
    owe(step.model, event.master,
        {master->generation, event.status, step.record.order, master->born, "io_error_lost",
         event.io});
  }

  void sent(const Step& step, const bsc_event_dm_remap& event) {
    const Bio* own = step.model.current(event.sent);
    const Bio* clone = step.model.current(event.clone);
    if (own == nullptr || clone == nullptr || own == clone || clone->target_ends) return;
    errands_[event.sent] = {own->generation, event.clone, clone->generation};
  }

  // A target without an end_io of its own has nothing to mend an error with.
  void came_back(const Step& step, std::uint64_t address, std::uint32_t status) {
    const auto found = errands_.find(address);
    if (found == errands_.end()) return;
    const Errand errand = found->second;
    const Bio* own = step.model.current(address);
    errands_.erase(found);
    const Bio* clone = step.model.current(errand.clone);
    if (status == kStatusOk || own == nullptr || clone == nullptr ||
        own->generation != errand.generation || clone->generation != errand.clone_generation)
      return;
    owe(step.model, errand.clone,
        {clone->generation, status, step.record.order, std::min(own->born, clone->born),
         "sent_error_lost", address});
  }

  // `address` ended for good with this status.
  void settle(const Step& step, std::uint64_t address, std::uint32_t status) {
    const auto found = debts_.find(address);
    const Bio* bio = step.model.current(address);
    if (found == debts_.end() || bio == nullptr) return;
    if (found->second.generation != bio->generation)
      ++unseen_;
    else if (status == kStatusOk)
      accuse(step, address, found->second);
    debts_.erase(found);
  }

  void pass_up(const Step& step, std::uint64_t address, std::uint32_t status, std::uint32_t flags,
               std::uint64_t parent) {
    if (status == kStatusOk || (flags & BSC_ENDIO_CHAINED) == 0) return;
    const Bio* bio = step.model.current(address);
    const Bio* above = step.model.current(parent);
    if (bio == nullptr || above == nullptr) return;
    owe(step.model, parent,
        {above->generation, status, step.record.order, std::min(bio->born, above->born),
         "child_error_lost", address});
  }

  // The first error of a generation is the one to remember.
  void owe(const BioModel& model, std::uint64_t address, const Debt& debt) {
    const auto [place, fresh] = debts_.try_emplace(address, debt);
    if (fresh || place->second.generation == model.current(address)->generation) return;
    ++unseen_;
    place->second = debt;
  }

  void accuse(const Step& step, std::uint64_t object, const Debt& debt) {
    const std::string_view what = debt.kind == "clone_error_lost"   ? "clone"
                                  : debt.kind == "child_error_lost" ? "chained bio"
                                  : debt.kind == "sent_error_lost"  ? "bio sent for it"
                                                                    : "dm_io";
    report({.oracle = "error_reaches_master",
            .kind = std::string(debt.kind),
            .summary =
                fmt::format("bio {:#x} ended well at {} although its {} {:#x} had failed "
                            "with status {} at {}",
                            object, step.record.order, what, debt.from, debt.status, debt.order),
            .object = object,
            .order = step.record.order,
            .since = debt.since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Io> ios_;      // by address of the dm_io, until it completes
  std::unordered_map<std::uint64_t, Debt> debts_;  // by address of the bio
  std::unordered_map<std::uint64_t, Errand> errands_;  // by address of what was sent
  std::uint64_t unseen_ = 0;
};

}  // namespace

std::unique_ptr<Oracle> make_error_reaches_master() {
  return std::make_unique<ErrorReachesMaster>();
}

}  // namespace bioscope::oracle
