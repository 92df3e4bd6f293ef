// SPDX-License-Identifier: GPL-2.0-only
// C8: every registration of a device that libnvdimm puts off is carried out, once, and who waits
// for those that are put off returns when none from before is left.
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class NdRegistrationsEnd final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_ND_REGISTER: registered(step); break;
      case BSC_EVENT_ND_ADDING: adding(step); break;
      case BSC_EVENT_ND_ADDED:
        open_.erase(evidence::payload<bsc_event_nd_added>(record).device);
        break;
      case BSC_EVENT_ND_UNBIND:
        unbound_[evidence::payload<bsc_event_nd_register>(record).device] = record.order;
        break;
      case BSC_EVENT_ND_BOUND: bound(step); break;
      case BSC_EVENT_ND_SYNCHRONIZE: waits_[record.tid] = record.order; break;
      case BSC_EVENT_ND_SYNCHRONIZED: synchronized(step); break;
      default: break;
    }
  }

  void conclude(const Closing& closing, const BioModel&) override {
    if (!closing.settled || closing.patience == 0) return;
    for (const auto& [device, open] : open_) {
      const std::uint64_t waited = closing.time > open.time ? closing.time - open.time : 0;
      if (waited < closing.patience) continue;
      report(
          {.oracle = "nd_registrations_end",
           .kind = "never_added",
           .summary = fmt::format("{} was to be added and {} within {} ms", open.name,
                                  open.begun ? "did not get through" : "was not", waited / 1000000),
           .object = device,
           .order = closing.order,
           .since = open.order,
           .timed = static_cast<double>(waited) / static_cast<double>(closing.patience)});
    }
  }

 private:
  struct Open {
    std::uint64_t order = 0;
    std::uint64_t time = 0;
    bool begun = false;
    std::uint64_t parent = 0;
    std::string name{};
  };

  void registered(const Step& step) {
    const auto& event = evidence::payload<bsc_event_nd_register>(step.record);
    Open& open = open_[event.device];
    if (open.order != 0)
      accuse(step, "registered_twice", event.device, open.order,
             fmt::format("{} is to be added and waits for that already", open.name));
    open = {step.record.order, step.record.time, false, event.parent,
            std::string(event.name, strnlen(event.name, sizeof(event.name)))};
  }

  void adding(const Step& step) {
    const auto& event = evidence::payload<bsc_event_nd_register>(step.record);
    const auto found = open_.find(event.device);
    if (found == open_.end()) return;  // at once, or from before arming
    if (found->second.begun)
      accuse(step, "added_twice", event.device, found->second.order,
             fmt::format("{} is added a second time", found->second.name));
    found->second.begun = true;
  }

  void bound(const Step& step) {
    const std::uint64_t parent = evidence::payload<bsc_event_nd_register>(step.record).device;
    const auto unbound = unbound_.find(parent);
    if (unbound == unbound_.end()) return;
    for (const auto& [device, open] : open_)
      if (open.parent == parent && open.order < unbound->second)
        accuse(step, "left_behind", parent, open.order,
               fmt::format("{} was to be added when the driver left its parent, and is so when it "
                           "has come back",
                           open.name));
    unbound_.erase(unbound);
  }

  void synchronized(const Step& step) {
    const auto wait = waits_.find(step.record.tid);
    if (wait == waits_.end()) return;
    for (const auto& [device, open] : open_)
      if (open.order < wait->second)
        accuse(step, "synchronized_early", device, open.order,
               fmt::format("who waited for devices to be added goes on before {} is", open.name));
    waits_.erase(wait);
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "nd_registrations_end",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Open> open_;              // by device
  std::unordered_map<std::uint64_t, std::uint64_t> unbound_;  // by device: order
  std::unordered_map<std::uint32_t, std::uint64_t> waits_;    // by task: order of the call
};

}  // namespace

std::unique_ptr<Oracle> make_nd_registrations_end() {
  return std::make_unique<NdRegistrationsEnd>();
}

}  // namespace bioscope::oracle
