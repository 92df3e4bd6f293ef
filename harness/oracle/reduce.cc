// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/reduce.h"

#include <algorithm>
#include <map>
#include <utility>

#include "harness/oracle/cut.h"

namespace bioscope::oracle {
namespace {

// Records that stay or go together.
using Unit = std::vector<std::size_t>;

// A record belongs to the life of the first bio that it names: a clone's to the clone.
std::vector<Unit> units_of(Records records) {
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::size_t> lives;
  std::vector<Unit> units;
  BioModel model;
  for (std::size_t at = 0; at < records.size(); ++at) {
    model.apply(*records[at]);
    const Bio* bio = nullptr;
    for (const std::uint64_t address : pointers(*records[at]))
      if (bio = model.current(address); bio != nullptr) break;
    if (bio == nullptr) {
      units.push_back({at});
      continue;
    }
    const auto [life, fresh] = lives.try_emplace({bio->address, bio->generation}, units.size());
    if (fresh) units.emplace_back();
    units[life->second].push_back(at);
  }
  return units;
}

std::vector<const bsc_record*> pick(Records records, const std::vector<Unit>& units) {
  std::vector<std::size_t> places;
  for (const Unit& unit : units) places.insert(places.end(), unit.begin(), unit.end());
  std::ranges::sort(places);
  std::vector<const bsc_record*> picked;
  for (const std::size_t place : places) picked.push_back(records[place]);
  return picked;
}

}  // namespace

std::vector<const bsc_record*> reduce(Records records, std::uint64_t until,
                                      const std::function<bool(Records)>& holds) {
  const auto end = std::ranges::find_if(
      records, [until](const bsc_record* record) { return record->order > until; });
  records = records.first(static_cast<std::size_t>(end - records.begin()));
  auto units = units_of(records);
  auto kept = pick(records, units);
  if (!holds(kept)) return {};
  // The oldest first: what a finding rests on lies near it.
  for (std::size_t chunk = std::max<std::size_t>(units.size() / 2, 1); chunk > 0; chunk /= 2)
    for (std::size_t from = 0; from < units.size();) {
      auto fewer = units;
      const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(first, first + static_cast<std::ptrdiff_t>(std::min(chunk, units.size() - from)));
      if (auto tried = pick(records, fewer); holds(tried))
        units = std::move(fewer), kept = std::move(tried);
      else
        from += chunk;
    }
  return kept;
}

}  // namespace bioscope::oracle
