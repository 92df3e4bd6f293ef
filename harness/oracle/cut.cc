// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/cut.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/evidence/schema.h"

namespace bioscope::oracle {
namespace {

constexpr std::uint64_t kPatience = 2'000'000'000;  // ns
constexpr std::uint64_t kSilence = 60'000'000'000;  // ns, after the last record

// A workload's call, or the end of one, that is about more than one page of its disk.
bool is_call_on_disk(const bsc_record& record) {
  if (record.type == BSC_EVENT_IO_CALL)
    return evidence::payload<bsc_event_io_call>(record).place == 0;
  return record.type == BSC_EVENT_IO_RETURN &&
         evidence::payload<bsc_event_io_return>(record).place == 0;
}

// Pages as ramdisks take and free them, and what is told of one that goes; no address says of which
// it was.
bool is_of_removal(const bsc_record& record) {
  if (record.type == BSC_EVENT_PAGE_TAKEN || record.type == BSC_EVENT_PAGE_FREED ||
      record.type == BSC_EVENT_DISK_GONE)
    return true;
  if (record.type != BSC_EVENT_MARK) return false;
  const auto kind = evidence::payload<bsc_event_mark>(record).kind;
  return kind == BSC_MARK_RAMDISK_PAGES || kind == BSC_MARK_UNLOADED;
}

// What happens to a device or a pool as a whole, and so to every bio of it; a claim that is given
// back names its device alone, and not the disk whose partition that may be.
bool is_of_all(const bsc_record& record) {
  return record.type == BSC_EVENT_DM_SUSPENDED || record.type == BSC_EVENT_DM_RESUME ||
         record.type == BSC_EVENT_BIOSET_EXIT || record.type == BSC_EVENT_CLAIM_DROPPED ||
         is_call_on_disk(record);
}

// Part of what sysfs shows of holders, from the mark that begins it to the one that ends it.
bool is_of_a_look(const bsc_record& record) {
  if (record.type != BSC_EVENT_MARK) return false;
  const auto kind = evidence::payload<bsc_event_mark>(record).kind;
  return kind == BSC_MARK_SYSFS_HOLDERS || kind == BSC_MARK_SLAVE_LINK ||
         kind == BSC_MARK_HOLDER_LINK;
}

// Where the look begins at whose end a finding was made; past the end if it was made elsewhere.
std::uint64_t look_of(std::span<const bsc_record* const> records, const Finding& finding) {
  std::uint64_t begin = 0;
  for (const bsc_record* record : records) {
    if (!is_of_a_look(*record) || record->order > finding.order) continue;
    if (record->order == finding.order) return begin;
    if (evidence::payload<bsc_event_mark>(*record).kind == BSC_MARK_SYSFS_HOLDERS)
      begin = record->order;
  }
  return finding.order + 1;
}

// What tasks do with translation tables at the same time; where a table is says what bytes are,
// however long ago that was.
bool is_of_tables(const bsc_record& record) {
  return (record.type >= BSC_EVENT_NSIO_READ && record.type <= BSC_EVENT_LANE_RELEASED) ||
         (record.type >= BSC_EVENT_BTT_LOG && record.type <= BSC_EVENT_BTT_CLEARED) ||
         (record.type >= BSC_EVENT_NVDIMM_PAST_CACHE && record.type <= BSC_EVENT_NVDIMM_FLUSHED);
}

// By task: the bio that it is inside a table with when the finding is made. Those that have left
// come by the thousand.
std::unordered_map<std::uint32_t, std::uint64_t> inside_tables(
    std::span<const bsc_record* const> records, std::uint64_t until) {
  std::unordered_map<std::uint32_t, std::uint64_t> inside;
  for (const bsc_record* record : records) {
    if (record->order > until) break;
    if (record->type == BSC_EVENT_BTT_SUBMIT) inside[record->tid] = record->order;
    if (record->type == BSC_EVENT_BTT_SUBMITTED) inside.erase(record->tid);
  }
  return inside;
}

// Bios come by the thousand to what they are charged to, and change nothing about it.
bool is_of_bio_alone(const bsc_record& record) {
  return record.type == BSC_EVENT_BIO_CHARGE || record.type == BSC_EVENT_BIO_ASSOCIATE ||
         record.type == BSC_EVENT_BIO_ASSOCIATE_FROM;
}

}  // namespace

std::vector<std::uint64_t> pointers(const bsc_record& record) {
  std::vector<std::uint64_t> all;
  const char* payload = reinterpret_cast<const char*>(&record + 1);
  for (const evidence::Field& field : evidence::event_type(record.type)->fields) {
    if (field.base != evidence::Base::ptr) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, payload + field.offset, sizeof(value));
    if (value != 0) all.push_back(value);
  }
  return all;
}

std::vector<const bsc_record*> cut(std::span<const bsc_record* const> records,
                                   const Finding& finding) {
  // The lives of bios that appear beside the object, and what else does.
  std::set<std::pair<std::uint64_t, std::uint32_t>> lives;
  std::unordered_set<std::uint64_t> beside;
  const auto over_all = [&](auto&& look) {
    BioModel model;
    for (const bsc_record* record : records) {
      if (record->order > finding.order) break;
      model.apply(*record);
      look(*record, pointers(*record), model);
    }
  };
  const bool of_tables = std::ranges::any_of(records, [&](const bsc_record* record) {
    return record->order == finding.order && is_of_tables(*record);
  });
  const auto inside = inside_tables(records, finding.order);
  const auto is_of_object = [&](const bsc_record& record, const auto& all) {
    if (is_of_bio_alone(record) && record.order != finding.order &&
        (all.empty() || all.front() != finding.object))
      return false;
    if (is_of_tables(record) && !of_tables) return false;
    if (record.type == BSC_EVENT_BTT_SUBMIT) {
      const auto found = inside.find(record.tid);
      if (found == inside.end() || found->second != record.order) return false;
    }
    return record.order >= finding.since && std::ranges::find(all, finding.object) != all.end();
  };
  over_all([&](const bsc_record& record, const auto& all, const BioModel& model) {
    if (!is_of_object(record, all)) return;
    for (const std::uint64_t address : all) {
      if (const Bio* bio = model.current(address))
        lives.emplace(address, bio->generation);
      else
        beside.insert(address);
    }
  });
  const std::uint64_t look = look_of(records, finding);
  std::vector<const bsc_record*> kept;
  over_all([&](const bsc_record& record, const auto& all, const BioModel& model) {
    const bool wanted = std::ranges::any_of(all, [&](std::uint64_t address) {
      if (const Bio* bio = model.current(address))
        return lives.contains({address, bio->generation});
      return is_of_all(record) && record.order >= finding.since && beside.contains(address);
    });
    const bool looked = record.order >= look && is_of_a_look(record);
    const bool done = of_tables && (record.type == BSC_EVENT_BTT_ARENA ||
                                    (record.order >= finding.since && is_of_tables(record)));
    const bool removed = record.order >= finding.since && is_of_removal(record);
    if (wanted || looked || done || removed || is_of_object(record, all)) kept.push_back(&record);
  });
  return kept;
}

std::vector<Finding> replay(const OracleInfo& info, std::span<const bsc_record* const> records) {
  const auto oracle = info.make();
  BioModel model;
  Closing closing{.settled = true, .patience = kPatience};
  for (const bsc_record* record : records) {
    oracle->see({*record, model.apply(*record), model});
    closing.order = record->order;
    closing.time = std::max<std::uint64_t>(closing.time, record->time + kSilence);
  }
  oracle->conclude(closing, model);
  return oracle->findings();
}

const Finding* find(std::span<const Finding> findings, std::string_view kind, std::uint64_t object,
                    std::uint64_t order) {
  const auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
    return finding.kind == kind && finding.object == object && finding.order == order;
  });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace bioscope::oracle
