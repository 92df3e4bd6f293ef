// SPDX-License-Identifier: GPL-2.0-only
// A4: while nothing changes, sysfs shows a link in slaves/ of every holder and one in holders/ of
// every slave that it is linked to, and none for a pair that is not. Of a slave that was pulled out
// the holder's link stays and leads nowhere until it is taken back; its own directory is gone. A
// holder that is gone has left no link.
#include <map>
#include <set>
#include <utility>

#include "harness/oracle/device_number.h"
#include "harness/oracle/holder_model.h"
#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

class SysfsShowsHolders final : public Oracle {
 public:
  void see(const Step& step) override {
    for (const HolderChange& change : model_.apply(step.record))
      if (change.kind != HolderChange::Kind::kRefused) looking_ = false;
    if (step.record.type == BSC_EVENT_DISK_ADD || step.record.type == BSC_EVENT_DISK_DEL)
      looking_ = false;
    if (step.record.type != BSC_EVENT_MARK) return;
    const auto& mark = evidence::payload<bsc_event_mark>(step.record);
    const auto owner = static_cast<std::uint32_t>(mark.arg >> 32);
    const auto target = static_cast<std::uint32_t>(mark.arg);
    switch (mark.kind) {
      case BSC_MARK_SYSFS_HOLDERS:
        if (mark.arg == 0 && looking_) compare(step);
        slaves_.clear();
        holders_.clear();
        looking_ = mark.arg != 0 && model_.calls().empty();
        break;
      case BSC_MARK_SLAVE_LINK:
        ++(target == 0 ? dangling_[owner] : slaves_[{owner, target}]);
        break;
      case BSC_MARK_HOLDER_LINK:
        ++(target == 0 ? orphaned_[owner] : holders_[{target, owner}]);
        break;
      default: break;
    }
  }

 private:
  using Links = std::map<std::pair<std::uint32_t, std::uint32_t>, unsigned>;  // holder, slave

  void compare(const Step& step) {
    // Two pairs of equal numbers, one from before a slave was replaced, are one in sysfs.
    std::set<std::pair<std::uint32_t, std::uint32_t>> linked;
    for (const auto& [key, pair] : model_.pairs())
      if (pair.count > 0) linked.emplace(pair.disk_dev, pair.dev);
    std::map<std::uint32_t, unsigned> may_dangle;
    for (const auto& [key, pair] : model_.pairs()) {
      if (!pair.known || !pair.shown) continue;
      const std::pair numbers{pair.disk_dev, pair.dev};
      if (model_.removed(pair.disk) != 0) continue;
      const bool dead = model_.removed(pair.whole) != 0;
      if (pair.count > 0 && dead) {
        ++may_dangle[pair.disk_dev];
      } else if (pair.count > 0) {
        if (!slaves_.contains(numbers)) accuse(step, pair, "link_missing", "slaves/", "shows no");
        if (!holders_.contains(numbers)) accuse(step, pair, "link_missing", "holders/", "shows no");
      } else if (!linked.contains(numbers)) {
        if (slaves_.contains(numbers))
          accuse(step, pair, "link_left_behind", "slaves/", "still shows a");
        if (holders_.contains(numbers) && !dead)
          accuse(step, pair, "link_left_behind", "holders/", "still shows a");
      }
    }
    for (const auto& [key, pair] : model_.pairs()) {
      const auto found = dangling_.find(pair.disk_dev);
      if (found == dangling_.end() || found->second <= may_dangle[pair.disk_dev]) continue;
      if (pair.count != 0 || !pair.known || model_.removed(pair.whole) == 0) continue;
      accuse(step, pair, "link_left_behind", "slaves/", "still shows a");
      dangling_.erase(found);
    }
    dangling_.clear();
    find_orphans(step);
  }

  // Links in holders/ whose holder is gone: only one that has not taken its link back may leave
  // any.
  void find_orphans(const Step& step) {
    std::map<std::uint32_t, unsigned> may;
    for (const auto& [key, pair] : model_.pairs())
      if (!pair.known || (pair.count > 0 && model_.removed(pair.disk) != 0)) ++may[pair.dev];
    for (const auto& [key, pair] : model_.pairs()) {
      const auto found = orphaned_.find(pair.dev);
      if (found == orphaned_.end() || found->second <= may[pair.dev]) continue;
      if (pair.count != 0 || !pair.known || model_.removed(pair.disk) == 0) continue;
      accuse(step, pair, "link_left_behind", "holders/", "still shows a");
      orphaned_.erase(found);
    }
    orphaned_.clear();
  }

  void accuse(const Step& step, const Pair& pair, std::string_view kind, std::string_view where,
              std::string_view what) {
    report({.oracle = "sysfs_shows_holders",
            .kind = std::string(kind),
            .summary = fmt::format("{} {} link between holder {} and slave {}, which are linked {} "
                                   "times",
                                   where, what, device_number(pair.disk_dev),
                                   device_number(pair.dev), pair.count),
            .object = pair.bdev,
            .order = step.record.order,
            .since = pair.first,
            .stack = step.record.stack});
  }

  HolderModel model_;
  bool looking_ = false;  // between the two marks, and nothing has changed yet
  Links slaves_;
  Links holders_;
  std::map<std::uint32_t, unsigned> dangling_;  // links in slaves/ that lead nowhere, by holder
  std::map<std::uint32_t, unsigned> orphaned_;  // links in holders/ that lead nowhere, by slave
};

}  // namespace

std::unique_ptr<Oracle> make_sysfs_shows_holders() { return std::make_unique<SysfsShowsHolders>(); }

}  // namespace bioscope::oracle
