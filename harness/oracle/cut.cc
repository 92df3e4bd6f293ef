// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/cut.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "harness/evidence/schema.h"

namespace bioscope::oracle {
namespace {

constexpr std::uint64_t kPatience = 2'000'000'000;  // ns
constexpr std::uint64_t kSilence = 60'000'000'000;  // ns, after the last record

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

// What happens to a device or a pool as a whole, and so to every bio of it.
bool is_of_all(const bsc_record& record) {
  return record.type == BSC_EVENT_DM_SUSPENDED || record.type == BSC_EVENT_DM_RESUME ||
         record.type == BSC_EVENT_BIOSET_EXIT;
}

}  // namespace

std::vector<const bsc_record*> cut(std::span<const bsc_record* const> records,
                                   const Finding& finding) {
  // Bios, each from the birth of the life that matters; and what else appears beside the object.
  std::unordered_map<std::uint64_t, std::uint64_t> bios{{finding.object, finding.since}};
  std::unordered_set<std::uint64_t> beside;
  BioModel model;
  for (const bsc_record* record : records) {
    if (record->order > finding.order) break;
    model.apply(*record);
    if (record->order < finding.since) continue;
    const auto all = pointers(*record);
    if (std::ranges::find(all, finding.object) == all.end()) continue;
    for (const std::uint64_t address : all) {
      const Bio* bio = model.current(address);
      if (bio == nullptr)
        beside.insert(address);
      else if (const auto [place, fresh] = bios.try_emplace(address, bio->born); !fresh)
        place->second = std::min(place->second, bio->born);
    }
  }
  std::vector<const bsc_record*> kept;
  for (const bsc_record* record : records) {
    if (record->order > finding.order) break;
    const auto all = pointers(*record);
    const bool wanted = std::ranges::any_of(all, [&](std::uint64_t address) {
      const auto bio = bios.find(address);
      if (bio != bios.end() && record->order >= bio->second) return true;
      return is_of_all(*record) && record->order >= finding.since && beside.contains(address);
    });
    if (wanted) kept.push_back(record);
  }
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
