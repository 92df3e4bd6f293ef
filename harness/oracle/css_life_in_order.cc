// SPDX-License-Identifier: GPL-2.0-only
// D12: a css of the io controller goes online, is killed, goes offline, is released and freed, each
// once and in this order; nothing is charged to it once it is released; one that was killed is
// freed; and in the end the hierarchy holds no more groups, dying ones included, than at the
// beginning.
#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

enum class Stage { kOnline, kKilled, kOffline, kReleased, kReleaseWork, kFreed };

struct StageText {
  const char* done;
  const char* kind;
};
constexpr std::array<StageText, 6> kStages{{{"online", "online"},
                                            {"killed", "killed"},
                                            {"offline", "offline"},
                                            {"released", "released"},
                                            {"taken out of its lists", "release_work"},
                                            {"freed", "freed"}}};

const StageText& text(Stage stage) { return kStages[static_cast<std::size_t>(stage)]; }

class CssLifeInOrder final : public Oracle {
 public:
  void see(const Step& step) override {
    const bsc_record& record = step.record;
    switch (record.type) {
      case BSC_EVENT_CSS_ONLINE: {
        const auto& event = evidence::payload<bsc_event_css_online>(record);
        online(step, event);
        break;
      }
      case BSC_EVENT_CGROUP_RMDIR: {
        const auto found = csses_.find(evidence::payload<bsc_event_cgroup_rmdir>(record).css);
        if (found != csses_.end()) doomed(record, found->second);
        break;
      }
      case BSC_EVENT_CSS_KILLED_REF:
        advance(step, evidence::payload<bsc_event_css_killed_ref>(record).css, Stage::kKilled);
        break;
      case BSC_EVENT_CSS_OFFLINE:
        advance(step, evidence::payload<bsc_event_css_offline>(record).css, Stage::kOffline);
        break;
      case BSC_EVENT_CSS_RELEASE:
        advance(step, evidence::payload<bsc_event_css_release>(record).css, Stage::kReleased);
        break;
      case BSC_EVENT_CSS_RELEASE_WORK:
        advance(step, evidence::payload<bsc_event_css_release_work>(record).css,
                Stage::kReleaseWork);
        break;
      case BSC_EVENT_CSS_FREE:
        advance(step, evidence::payload<bsc_event_css_free>(record).css, Stage::kFreed);
        break;
      case BSC_EVENT_BIO_CHARGE: {
        const auto& event = evidence::payload<bsc_event_bio_charge>(record);
        used(step, event.css, event.bio);
        break;
      }
      case BSC_EVENT_BIO_ASSOCIATE: {
        const auto& event = evidence::payload<bsc_event_bio_associate>(record);
        used(step, event.css, event.bio);
        break;
      }
      case BSC_EVENT_SNAPSHOT_CGROUP: {
        const auto& event = evidence::payload<bsc_event_snapshot_cgroup>(record);
        if (event.name[0] != '\0') break;
        if (!first_) first_ = {event.descendants, event.dying, record.order};
        last_ = {event.descendants, event.dying, record.order};
        break;
      }
      default: break;
    }
  }

  void conclude(const Closing& closing, const BioModel&) override {
    std::vector<std::pair<std::uint64_t, const Css*>> waiting;
    std::size_t young = 0;
    for (const auto& [address, css] : csses_) {
      if (css.doomed == 0 || css.stage == Stage::kFreed) continue;
      if (closing.time < css.time + closing.patience)
        ++young;
      else
        waiting.emplace_back(address, &css);
    }
    std::ranges::sort(waiting, {}, [](const auto& one) { return one.second->doomed; });
    for (const auto& [address, css] : waiting)
      report({.oracle = "css_life_in_order",
              .kind = "never_freed",
              .summary = fmt::format("css {:#x} of group {}, gone since {} and {} at {}, had not "
                                     "been freed {:.1f} s later",
                                     address, css->name, css->doomed, text(css->stage).done,
                                     css->order, seconds(closing.time - css->time)),
              .object = address,
              .order = closing.order,
              .since = css->born,
              .timed = patience(closing, css->time)});
    // The groups' own csses are of no controller: only the count shows them.
    if (first_ && (last_.dying > first_->dying || last_.descendants > first_->descendants))
      report({.oracle = "css_life_in_order",
              .kind = "left_behind",
              .summary =
                  fmt::format("{} groups and {} dying ones are left; there were {} and {}",
                              last_.descendants, last_.dying, first_->descendants, first_->dying),
              .order = last_.order,
              .since = first_->order,
              .timed = patience(closing, last_doomed_)});
    else if (young != 0 && waiting.empty())
      undecided(fmt::format("{} groups were on their way out when the record ended", young));
  }

 private:
  struct Css {
    Stage stage{};
    std::string name;
    std::uint64_t born = 0;    // orders
    std::uint64_t order = 0;   // of the last stage
    std::uint64_t doomed = 0;  // removed or killed, whichever was seen first; 0: it lives
    std::uint64_t time = 0;    // ns, of the last stage
  };
  struct Count {
    std::uint32_t descendants = 0;
    std::uint32_t dying = 0;
    std::uint64_t order = 0;
  };

  static double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }
  static double patience(const Closing& closing, std::uint64_t since) {
    return static_cast<double>(closing.time - since) /
           static_cast<double>(std::max<std::uint64_t>(closing.patience, 1));
  }

  void doomed(const bsc_record& record, Css& css) {
    if (css.doomed == 0) css.doomed = record.order;
    css.time = record.time;
    last_doomed_ = record.time;
  }

  void online(const Step& step, const bsc_event_css_online& event) {
    const auto found = csses_.find(event.css);
    if (found != csses_.end() && found->second.stage != Stage::kFreed)
      accuse(step, "handed_out_alive", event.css, found->second.born,
             fmt::format("the memory of css {:#x}, {} at {}, was handed out again at {}", event.css,
                         text(found->second.stage).done, found->second.order, step.record.order));
    csses_[event.css] = {.stage = Stage::kOnline,
                         .name = std::string(evidence::text(event.name)),
                         .born = step.record.order,
                         .order = step.record.order,
                         .time = step.record.time};
  }

  void advance(const Step& step, std::uint64_t address, Stage next) {
    const auto found = csses_.find(address);
    if (found == csses_.end()) return;  // older than the record
    Css& css = found->second;
    const int distance = static_cast<int>(next) - static_cast<int>(css.stage);
    if (distance != 1)
      accuse(step, fmt::format("{}_{}", text(next).kind, distance > 1 ? "early" : "again"), address,
             css.born,
             fmt::format("css {:#x} of group {} was {} at {}, after it had been {} at {}", address,
                         css.name, text(next).done, step.record.order, text(css.stage).done,
                         css.order));
    if (distance < 1) return;
    css.stage = next;
    css.order = step.record.order;
    doomed(step.record, css);
  }

  void used(const Step& step, std::uint64_t address, std::uint64_t bio) {
    const auto found = csses_.find(address);
    if (found == csses_.end() || found->second.stage < Stage::kReleased) return;
    accuse(step, "used_after_release", address, found->second.born,
           fmt::format("bio {:#x} was charged at {} to css {:#x} of group {}, which had been {} "
                       "at {}",
                       bio, step.record.order, address, found->second.name,
                       text(found->second.stage).done, found->second.order));
  }

  void accuse(const Step& step, std::string kind, std::uint64_t object, std::uint64_t since,
              std::string summary) {
    report({.oracle = "css_life_in_order",
            .kind = std::move(kind),
            .summary = std::move(summary),
            .object = object,
            .order = step.record.order,
            .since = since,
            .stack = step.record.stack});
  }

  std::unordered_map<std::uint64_t, Css> csses_;
  std::optional<Count> first_;
  Count last_;
  std::uint64_t last_doomed_ = 0;  // ns
};

}  // namespace

std::unique_ptr<Oracle> make_css_life_in_order() { return std::make_unique<CssLifeInOrder>(); }

}  // namespace bioscope::oracle
