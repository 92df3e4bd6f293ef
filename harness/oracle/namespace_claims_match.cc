// SPDX-License-Identifier: GPL-2.0-only
// C8: a namespace is claimed by one device at a time, a table is attached by the device that claims
// its namespace, which was added to the bus before, and the claim lasts as long as the table.
#include <unordered_map>
#include <unordered_set>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class NamespaceClaimsMatch final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_ND_CLAIM: claimed(step, evidence::payload<bsc_event_nd_claim>(record)); break;
      case BSC_EVENT_ND_UNCLAIM:
        unclaimed(step, evidence::payload<bsc_event_nd_claim>(record));
        break;
      case BSC_EVENT_ND_REGISTER:
        scheduled_[evidence::payload<bsc_event_nd_register>(record).device] = record.order;
        break;
      case BSC_EVENT_ND_ADDING:
        scheduled_.erase(evidence::payload<bsc_event_nd_register>(record).device);
        break;
      case BSC_EVENT_BTT_ATTACHED:
        attached(step, evidence::payload<bsc_event_btt_attached>(record));
        break;
      case BSC_EVENT_BTT_ARENAS_FREED:
        tables_.erase(evidence::payload<bsc_event_btt_attached>(record).nd_btt);
        break;
      case BSC_EVENT_ND_BTT_GONE: gone(step, evidence::payload<bsc_event_nd_added>(record)); break;
      default: break;
    }
  }

 private:
  struct Claim {
    std::uint64_t device = 0;  // 0: nobody's
    std::uint64_t order = 0;
  };

  void claimed(const Step& step, const bsc_event_nd_claim& event) {
    if (event.result == 0) return;
    Claim& claim = claims_[event.ndns];
    if (claim.order != 0 && claim.device != 0)
      accuse(step, "claimed_twice", event.ndns, claim.order,
             fmt::format("{} is claimed although it is already", name(event)));
    else if (event.claim != event.device)
      accuse(step, "claimed_for_another", event.ndns, step.record.order,
             fmt::format("{} is claimed, and names another device", name(event)));
    claim = {event.device, step.record.order};
  }

  void unclaimed(const Step& step, const bsc_event_nd_claim& event) {
    Claim& claim = claims_[event.ndns];
    if (event.claim != event.device)
      accuse(step, "given_back_by_another", event.ndns,
             claim.order != 0 ? claim.order : step.record.order,
             fmt::format("{} is given back by a device that does not claim it", name(event)));
    else if (const auto table = tables_.find(event.device); table != tables_.end())
      accuse(step, "given_back_while_attached", event.ndns, table->second,
             fmt::format("{} is given back under its table", name(event)));
    claim = {0, step.record.order};
  }

  void attached(const Step& step, const bsc_event_btt_attached& event) {
    if (event.result != 0) return;
    const auto claim = claims_.find(event.ndns);
    if (event.claim != event.nd_btt ||
        (claim != claims_.end() && claim->second.device != event.nd_btt))
      accuse(step, "attached_unclaimed", event.ndns,
             claim != claims_.end() ? claim->second.order : step.record.order,
             "a table is attached to a namespace that its device does not claim");
    if (const auto found = scheduled_.find(event.nd_btt); found != scheduled_.end())
      accuse(step, "attached_before_added", event.nd_btt, found->second,
             "a table is attached before its device was added");
    tables_[event.nd_btt] = step.record.order;
  }

  void gone(const Step& step, const bsc_event_nd_added& event) {
    // The claim itself is given back after this; the table must not be there any more.
    if (const auto table = tables_.find(event.device); table != tables_.end())
      accuse(step, "gone_while_attached", event.device, table->second,
             "the device of a table is released while the table is attached");
    tables_.erase(event.device);
  }

  static std::string name(const bsc_event_nd_claim& event) {
    return std::string(event.name, strnlen(event.name, sizeof(event.name)));
  }

  void accuse(const Step& step, std::string_view kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "namespace_claims_match",
            .kind = std::string(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Claim> claims_;             // by namespace
  std::unordered_map<std::uint64_t, std::uint64_t> scheduled_;  // devices that are not added yet
  std::unordered_map<std::uint64_t, std::uint64_t> tables_;     // by device: order of the attach
};

}  // namespace

std::unique_ptr<Oracle> make_namespace_claims_match() {
  return std::make_unique<NamespaceClaimsMatch>();
}

}  // namespace bioscope::oracle
