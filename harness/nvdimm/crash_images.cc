// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/crash_images.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>

namespace bioscope::nvdimm {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kLine = 64;
constexpr std::size_t kTriesToShorten = 300;

// Bytes that somebody else has.
class View final : public Bytes {
 public:
  explicit View(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status read(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    if (into.size() > bytes_.size() || offset > bytes_.size() - into.size())
      return usage_error("{} bytes at {:#x} are not within {:#x}", into.size(), offset,
                         bytes_.size());
    std::ranges::copy(bytes_.subspan(offset, into.size()), into.begin());
    return {};
  }
  std::uint64_t next_data(std::uint64_t offset) const override { return offset; }

 private:
  std::span<const std::uint8_t> bytes_;
};

Status check_places(std::uint64_t size, const StoreHistory& history) {
  for (const StoredBytes& store : history.stores)
    if (store.bytes.size() > size || store.offset > size - store.bytes.size())
      return usage_error("record {} writes {} bytes at {:#x}, beyond the base of {:#x}",
                         store.order, store.bytes.size(), store.offset, size);
  for (const StoreEvent& event : history.events)
    if (event.kind <= StoreEvent::Kind::kReturned && event.store >= history.stores.size())
      return usage_error("record {} names store {} of {}", event.order, event.store,
                         history.stores.size());
  return {};
}

// What can be missing by itself: a word, or a line of which something is in the cache. It has the
// first so many of the stores that touch it.
struct Unit {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  std::vector<std::size_t> stores{};
};

class InFlight {
 public:
  explicit InFlight(const StoreHistory& history) : history_(history) {}

  const std::set<std::size_t>& stores() const { return stores_; }

  void add(std::size_t store) {
    stores_.insert(store);
    each_line(store, [&](std::uint64_t line) { lines_[line].push_back(store); });
  }

  // The store is on the medium, and with it what was stored to the same places before.
  void settle(std::size_t store, std::vector<std::uint8_t>& medium) {
    const auto units = units_of(store);
    for (const Unit& unit : units)
      for (const std::size_t each : unit.stores) {
        apply(unit, each, medium);
        if (each == store) break;
      }
    each_line(store, [&](std::uint64_t line) {
      auto& list = lines_[line];
      list.erase(std::ranges::find(list, store));
      if (list.empty()) lines_.erase(line);
    });
    stores_.erase(store);
    if (stores_.empty() || *stores_.begin() > store) return;
    for (const Unit& unit : units)
      for (std::uint64_t word = unit.begin; word < unit.begin + unit.size; word += kWord) {
        auto& last = settled_[word];
        last = std::max(last, store);
      }
  }

  std::vector<Unit> units() const {
    std::vector<Unit> all;
    for (const auto& [line, list] : lines_) append_units(line, list, all);
    return all;
  }

  void apply(const Unit& unit, std::size_t index, std::vector<std::uint8_t>& bytes) const {
    const StoredBytes& store = history_.stores[index];
    const auto begin = std::max(unit.begin, store.offset);
    const auto end = std::min(unit.begin + unit.size, store.offset + store.bytes.size());
    for (std::uint64_t at = begin; at < end; ++at)
      if (!replaced(at / kWord * kWord, index)) bytes[at] = store.bytes[at - store.offset];
  }

  std::uint64_t overlap(const Unit& unit, std::size_t index) const {
    const StoredBytes& store = history_.stores[index];
    const auto begin = std::max(unit.begin, store.offset);
    const auto end = std::min(unit.begin + unit.size, store.offset + store.bytes.size());
    return end > begin ? end - begin : 0;
  }

 private:
  void each_line(std::size_t store, auto&& visit) const {
    const StoredBytes& is = history_.stores[store];
    if (is.bytes.empty()) return;
    for (auto line = is.offset / kLine; line <= (is.offset + is.bytes.size() - 1) / kLine; ++line)
      visit(line);
  }

  void append_units(std::uint64_t line, const std::vector<std::size_t>& list,
                    std::vector<Unit>& all) const {
    const bool cached = std::ranges::any_of(
        list, [&](std::size_t store) { return !history_.stores[store].past_cache; });
    if (cached) {
      all.push_back({line * kLine, kLine, list});
      return;
    }
    for (std::uint64_t at = line * kLine; at < (line + 1) * kLine; at += kWord) {
      Unit unit{.begin = at, .size = kWord};
      for (const std::size_t store : list)
        if (overlap(unit, store) != 0 && !replaced(at, store)) unit.stores.push_back(store);
      if (!unit.stores.empty()) all.push_back(std::move(unit));
    }
  }

  std::vector<Unit> units_of(std::size_t store) const {
    std::vector<Unit> all;
    each_line(store, [&](std::uint64_t line) { append_units(line, lines_.at(line), all); });
    std::erase_if(all, [&](const Unit& unit) {
      return std::ranges::find(unit.stores, store) == unit.stores.end();
    });
    return all;
  }

  // Where a later store to the same word has reached the medium, an earlier one can do no more.
  bool replaced(std::uint64_t word, std::size_t store) const {
    if (settled_.empty()) return false;
    const auto found = settled_.find(word);
    return found != settled_.end() && found->second > store;
  }

  const StoreHistory& history_;
  std::set<std::size_t> stores_;
  std::map<std::uint64_t, std::vector<std::size_t>> lines_;  // stores in order
  std::unordered_map<std::uint64_t, std::size_t> settled_;   // by word: the last that reached it
};

// The medium at an instant, and of each unit in flight how many of its stores have reached it.
class Choice {
 public:
  Choice(const InFlight& in_flight, std::vector<std::uint8_t>& medium)
      : in_flight_(in_flight), medium_(medium), units_(in_flight.units()), has_(units_.size()) {}

  std::span<const Unit> units() const { return units_; }
  std::vector<std::size_t>& has() { return has_; }

  // Runs visit() with the chosen image in place of the medium.
  void show(auto&& visit) {
    std::vector<std::uint8_t> old;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (has_[i] == 0) continue;
      const auto at = medium_.begin() + static_cast<std::ptrdiff_t>(units_[i].begin);
      const auto size = std::min<std::uint64_t>(units_[i].size, medium_.size() - units_[i].begin);
      old.insert(old.end(), at, at + static_cast<std::ptrdiff_t>(size));
      for (std::size_t n = 0; n < has_[i]; ++n)
        in_flight_.apply(units_[i], units_[i].stores[n], medium_);
    }
    visit();
    auto from = old.begin();
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (has_[i] == 0) continue;
      const auto size = std::min<std::uint64_t>(units_[i].size, medium_.size() - units_[i].begin);
      std::copy_n(from, size, medium_.begin() + static_cast<std::ptrdiff_t>(units_[i].begin));
      from += static_cast<std::ptrdiff_t>(size);
    }
  }

  // Whole stores that are there; a unit has them up to the first that is not.
  void take(const std::function<bool(std::size_t store)>& there) {
    for (std::size_t i = 0; i < units_.size(); ++i) {
      const auto& stores = units_[i].stores;
      has_[i] = static_cast<std::size_t>(std::ranges::find_if_not(stores, there) - stores.begin());
    }
  }

  std::vector<Lack> lacks() const {
    std::map<std::size_t, std::uint64_t> missing;
    for (std::size_t i = 0; i < units_.size(); ++i)
      for (std::size_t n = has_[i]; n < units_[i].stores.size(); ++n)
        missing[units_[i].stores[n]] += in_flight_.overlap(units_[i], units_[i].stores[n]);
    std::vector<Lack> all;
    for (const auto& [store, bytes] : missing) all.push_back({store, bytes});
    return all;
  }

 private:
  const InFlight& in_flight_;
  std::vector<std::uint8_t>& medium_;
  std::vector<Unit> units_;
  std::vector<std::size_t> has_;
};

// Goes through the history; at each instant before something reaches the medium, point() is told
// what is in flight. Between two such instants what is in flight only grows. Where a task goes on
// without a flush there is an instant as well: from then on its steps may come in any order.
class Replay {
 public:
  Replay(std::vector<std::uint8_t>& medium, const StoreHistory& history)
      : medium_(medium), history_(history), in_flight_(history) {}

  // point(order, in_flight) says whether to go on; event(event) is told each before its effect.
  void run(const std::function<bool(std::uint64_t, const InFlight&)>& point,
           const std::function<void(const StoreEvent&)>& told = {}) {
    std::vector<bool> returned(history_.stores.size());
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> reaches;  // by task: its flush's
    for (const StoreEvent& event : history_.events) {
      if (event.kind == StoreEvent::Kind::kFlushed) {
        auto settled = std::move(reaches[event.task]);
        reaches.erase(event.task);
        std::erase_if(settled, [&](std::size_t s) { return !in_flight_.stores().contains(s); });
        if (!settled.empty()) {
          if (!point(event.order, in_flight_)) return;
          for (const std::size_t store : settled) in_flight_.settle(store, medium_);
        }
      }
      if (event.kind == StoreEvent::Kind::kBegun && leaves_behind(event.task, returned) &&
          !point(event.order, in_flight_))
        return;
      if (told) told(event);
      switch (event.kind) {
        case StoreEvent::Kind::kBegun: in_flight_.add(event.store); break;
        case StoreEvent::Kind::kReturned: returned[event.store] = true; break;
        case StoreEvent::Kind::kFlush: {
          auto& list = reaches[event.task];
          list.clear();
          for (const std::size_t store : in_flight_.stores()) {
            const StoredBytes& is = history_.stores[store];
            if (is.past_cache && (is.task == event.task || returned[store])) list.push_back(store);
          }
          break;
        }
        case StoreEvent::Kind::kFlushed: break;
      }
    }
    if (!in_flight_.stores().empty())
      point(history_.events.empty() ? 0 : history_.events.back().order + 1, in_flight_);
  }

  std::size_t left() const { return in_flight_.stores().size(); }

 private:
  // Whether the task goes on although what it wrote before is not on the medium.
  bool leaves_behind(std::uint32_t task, const std::vector<bool>& returned) const {
    return std::ranges::any_of(in_flight_.stores(), [&](std::size_t store) {
      return history_.stores[store].task == task && returned[store];
    });
  }

  std::vector<std::uint8_t>& medium_;
  const StoreHistory& history_;
  InFlight in_flight_;
};

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

// Images of one instant, at most `most`: all of them if there are no more, else none and all of
// what is in flight, each store alone and alone missing, and what chance has it.
constexpr std::size_t kKinds = 6;

void choose(Choice& choice, const std::set<std::size_t>& stores, std::size_t most, Random& random,
            const std::function<bool()>& visit) {
  std::uint64_t all = 1;
  for (const Unit& unit : choice.units()) {
    all *= unit.stores.size() + 1;
    if (all > most) break;
  }
  auto& has = choice.has();
  if (all <= most) {
    std::ranges::fill(has, std::size_t{0});
    for (;;) {
      if (!visit()) return;
      std::size_t i = 0;
      while (i < has.size() && has[i] == choice.units()[i].stores.size()) has[i++] = 0;
      if (i == has.size()) return;
      ++has[i];
    }
  }
  const std::vector<std::size_t> list(stores.begin(), stores.end());
  for (std::size_t number = 0; number < most; ++number) {
    const std::size_t pick = list[below(random, list.size())];
    switch (most < kKinds ? below(random, kKinds) : number < 2 ? number : 2 + number % 4) {
      case 0: choice.take([](std::size_t) { return false; }); break;
      case 1: choice.take([](std::size_t) { return true; }); break;
      case 2: choice.take([&](std::size_t store) { return store != pick; }); break;
      case 3: choice.take([&](std::size_t store) { return store == pick; }); break;
      case 4: {
        std::set<std::size_t> there;
        for (const std::size_t store : list)
          if (below(random, 2) != 0) there.insert(store);
        choice.take([&](std::size_t store) { return there.contains(store); });
        break;
      }
      default:
        for (std::size_t i = 0; i < has.size(); ++i)
          has[i] = below(random, choice.units()[i].stores.size() + 1);
        break;
    }
    if (!visit()) return;
  }
}

// How many images each instant gets. With fewer images than instants, chance leaves some out.
std::vector<std::size_t> shares(std::size_t points, std::size_t most, Random& random) {
  std::vector<std::size_t> all(points, points == 0 ? 0 : most / points);
  if (points == 0) return all;
  std::vector<std::size_t> order(points);
  for (std::size_t i = 0; i < points; ++i) order[i] = i;
  std::ranges::shuffle(order, random);
  for (std::size_t i = 0; i < most % points; ++i) ++all[order[i]];
  return all;
}

// visit(choice, order, in flight) for each image, which choice.show() puts into `medium`.
CrashCount images(std::vector<std::uint8_t>& medium, const StoreHistory& history,
                  const CrashOptions& options, const std::function<void(const StoreEvent&)>& told,
                  const std::function<bool(Choice&, std::uint64_t, std::size_t)>& visit) {
  CrashCount count;
  {
    std::vector<std::uint8_t> scratch = medium;
    Replay replay(scratch, history);
    replay.run([&](std::uint64_t, const InFlight& in_flight) {
      ++count.points;
      count.most_in_flight = std::max(count.most_in_flight, in_flight.stores().size());
      return true;
    });
    count.never_flushed = replay.left();
  }
  Random random(options.seed);
  const auto share = shares(count.points, options.most, random);
  std::size_t point = 0;
  bool go_on = true;
  Replay replay(medium, history);
  replay.run(
      [&](std::uint64_t order, const InFlight& in_flight) {
        const std::size_t most = share[point++];
        if (most == 0) return true;
        ++count.points_tried;
        Choice choice(in_flight, medium);
        choose(choice, in_flight.stores(), most, random, [&] {
          ++count.images;
          return go_on = visit(choice, order, in_flight.stores().size());
        });
        return go_on;
      },
      told);
  return count;
}

// ---- what a table's sectors may hold ----

struct Place {
  enum class Area : std::uint8_t { kElsewhere, kInfo, kData, kMap, kLog, kCopy };
  Area area{};
  std::size_t arena = 0;
  std::uint32_t number = 0;  // block, LBA or lane
  std::uint64_t inside = 0;  // bytes from where that begins
};

Place place_of(std::span<const Arena> arenas, std::uint64_t offset) {
  for (std::size_t number = 0; number < arenas.size(); ++number) {
    const Arena& arena = arenas[number];
    if (offset < arena.offset) continue;
    const std::uint64_t at = offset - arena.offset;
    const InfoBlock& info = arena.info;
    const auto within = [&](Place::Area area, std::uint64_t begin, std::uint64_t step,
                            std::uint64_t many) -> std::optional<Place> {
      if (at < begin || at - begin >= step * many) return {};
      return Place{area, number, static_cast<std::uint32_t>((at - begin) / step),
                   (at - begin) % step};
    };
    using Area = Place::Area;
    if (const auto found = within(Area::kInfo, 0, kInfoBytes, 1)) return *found;
    if (const auto found =
            within(Area::kData, info.data, info.internal_lba_size, info.internal_lbas))
      return *found;
    if (const auto found = within(Area::kMap, info.map, kMapEntryBytes, info.external_lbas))
      return *found;
    if (const auto found = within(Area::kLog, info.flog, kLaneBytes, info.lanes)) return *found;
    if (const auto found = within(Area::kCopy, info.copy, kInfoBytes, 1)) return *found;
  }
  return {};
}

std::uint64_t digest(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0x9e3779b97f4a7c15;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    value = (value ^ load<std::uint64_t>(bytes, at)) * 0x2127599bf4325c37;
    value ^= value >> 47;
  }
  for (; at < bytes.size(); ++at) value = (value ^ bytes[at]) * 0x2127599bf4325c37;
  return value;
}

// What the sector reads as.
struct Content {
  MapState state{};
  std::uint64_t digest = 0;
  bool operator==(const Content&) const = default;
};

// Which contents of each sector an attach may find: what was acknowledged last, and what has been
// logged since. Follows the stores as they were made, whatever has reached the medium.
class Sectors {
 public:
  // An attach changes the sectors that the log names, a writer those that it maps.
  Sectors(std::vector<std::uint8_t> base, const StoreHistory& history,
          std::span<const Arena> arenas)
      : now_(std::move(base)), history_(history), arenas_(arenas) {
    for (std::size_t number = 0; number < arenas.size(); ++number) {
      const Arena& arena = arenas[number];
      for (std::uint32_t lane = 0; lane < arena.info.lanes; ++lane)
        for (const std::uint64_t slot : {std::uint64_t{0}, kSlotBytes * *arena.log_step})
          begin({number, parse_log_entry(std::span(now_).subspan(arena.offset + arena.info.flog +
                                                                     lane * kLaneBytes + slot,
                                                                 kSlotBytes))
                             .lba});
    }
    for (const StoredBytes& store : history.stores) {
      const Place place = place_of(arenas, store.offset);
      if (place.area == Place::Area::kMap) begin({place.arena, place.number});
      if (place.area == Place::Area::kLog && place.inside % kSlotBytes == 0 &&
          store.bytes.size() >= kMapEntryBytes)
        begin({place.arena, load<std::uint32_t>(store.bytes, 0)});
    }
  }

  void see(const StoreEvent& event) {
    if (event.kind == StoreEvent::Kind::kBegun) {
      const StoredBytes& store = history_.stores[event.store];
      std::ranges::copy(store.bytes, now_.begin() + static_cast<std::ptrdiff_t>(store.offset));
      const Place place = place_of(arenas_, store.offset);
      if (place.area == Place::Area::kMap) {
        Sector& sector = sectors_.at({place.arena, place.number});
        sector.versions.push_back(of_entry(place, entry(place)));
        sector.open[event.store] = sector.versions.size() - 1;
      } else if (place.area == Place::Area::kLog && place.inside % kSlotBytes == kSlotBytes / 2) {
        logged(place);
      }
    } else if (event.kind == StoreEvent::Kind::kReturned) {
      const Place place = place_of(arenas_, history_.stores[event.store].offset);
      if (place.area != Place::Area::kMap) return;
      Sector& sector = sectors_.at({place.arena, place.number});
      // What came before the version that is acknowledged is not to be seen again.
      const auto found = sector.open.find(event.store);
      if (found == sector.open.end()) return;
      sector.oldest = std::max(sector.oldest, found->second);
      sector.open.erase(found);
    }
  }

  // What is wrong with an image that the table's check found nothing wrong with.
  void judge(std::span<const std::uint8_t> image, const Check& check,
             std::vector<Inconsistency>& found) const {
    for (const auto& [key, sector] : sectors_) {
      const auto& [number, lba] = key;
      const Arena& arena = arenas_[number];
      const auto at = arena.offset + arena.info.map + std::uint64_t{lba} * kMapEntryBytes;
      const MapEntry entry =
          settled(parse_map_entry(load<std::uint32_t>(image, at), lba), lba, check.arenas[number]);
      const Content content = read(image, number, entry);
      const auto& versions = sector.versions;
      const auto known = std::ranges::find(versions, content);
      if (std::find(versions.begin() + static_cast<std::ptrdiff_t>(sector.oldest), versions.end(),
                    content) != versions.end())
        continue;
      found.push_back(
          {.kind = known == versions.end() ? "torn" : "lost",
           .what = known == versions.end()
                       ? fmt::format("LBA {} reads as block {}, which holds no version of it", lba,
                                     entry.block)
                       : fmt::format("LBA {} reads as block {}, older than what was acknowledged",
                                     lba, entry.block),
           .arena = static_cast<unsigned>(number),
           .offset = at,
           .lba = lba,
           .block = entry.block});
    }
  }

 private:
  using Key = std::pair<std::size_t, std::uint32_t>;  // arena and LBA
  struct Sector {
    std::vector<Content> versions{};            // in the order of their log entries
    std::size_t oldest = 0;                     // that may be seen
    std::map<std::size_t, std::size_t> open{};  // store of the map: version
  };

  std::uint32_t entry(const Place& place) const {
    const Arena& arena = arenas_[place.arena];
    return load<std::uint32_t>(
        now_, arena.offset + arena.info.map + std::uint64_t{place.number} * kMapEntryBytes);
  }

  Content read(std::span<const std::uint8_t> image, std::size_t number, MapEntry entry) const {
    const InfoBlock& info = arenas_[number].info;
    if (entry.state == MapState::kZero || entry.state == MapState::kError)
      return {.state = entry.state};
    if (entry.block >= info.internal_lbas) return {.state = MapState::kError};
    const auto at =
        arenas_[number].offset + info.data + std::uint64_t{entry.block} * info.internal_lba_size;
    return {.state = MapState::kNormal,
            .digest = digest(image.subspan(at, info.external_lba_size))};
  }

  Content of_entry(const Place& place, std::uint32_t raw) const {
    return read(now_, place.arena, parse_map_entry(raw, place.number));
  }

  void begin(Key key) {
    const Arena& arena = arenas_[key.first];
    if (key.second >= arena.info.external_lbas) return;
    Sector& sector = sectors_[key];
    if (!sector.versions.empty()) return;
    const auto raw = entry({Place::Area::kMap, key.first, key.second, 0});
    sector.versions.push_back(
        read(now_, key.first, settled(parse_map_entry(raw, key.second), key.second, arena)));
  }

  // The entry as a kernel that attaches leaves it.
  static MapEntry settled(MapEntry entry, std::uint32_t lba, const Arena& arena) {
    for (const Pending& pending : arena.pending)
      if (pending.lba == lba && pending.old_block == entry.block)
        return {MapState::kNormal, pending.new_block};
    return entry;
  }

  // From here on an attach may map the sector to the new block.
  void logged(const Place& place) {
    const Arena& arena = arenas_[place.arena];
    const auto at = arena.offset + arena.info.flog + std::uint64_t{place.number} * kLaneBytes +
                    place.inside / kSlotBytes * kSlotBytes;
    const LogEntry log = parse_log_entry(std::span(now_).subspan(at, kSlotBytes));
    const auto found = sectors_.find({place.arena, log.lba});
    if (found == sectors_.end()) return;
    found->second.versions.push_back(
        read(now_, place.arena, {.state = MapState::kNormal, .block = log.new_block}));
  }

  std::vector<std::uint8_t> now_;
  const StoreHistory& history_;
  std::span<const Arena> arenas_;
  std::map<Key, Sector> sectors_;
};

// Brings back stores that an image lacks, as long as it stays broken: many at a time, then fewer.
void shorten(Choice& choice, const std::function<bool()>& broken) {
  std::vector<std::size_t> kept = choice.has();
  std::vector<std::size_t> lacking;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i] < choice.units()[i].stores.size()) lacking.push_back(i);
  std::size_t tries = 0;
  for (std::size_t step = lacking.size(); step > 0; step /= 2)
    for (std::size_t from = 0; from < lacking.size() && tries < kTriesToShorten;) {
      const std::size_t many = std::min(step, lacking.size() - from);
      choice.has() = kept;
      for (std::size_t n = from; n < from + many; ++n)
        choice.has()[lacking[n]] = choice.units()[lacking[n]].stores.size();
      ++tries;
      if (broken()) {
        kept = choice.has();
        lacking.erase(lacking.begin() + static_cast<std::ptrdiff_t>(from),
                      lacking.begin() + static_cast<std::ptrdiff_t>(from + many));
      } else {
        from += many;
      }
    }
  // Of what is left, the last of the stores to a place may be enough.
  for (const std::size_t i : lacking) {
    const std::size_t all = choice.units()[i].stores.size();
    for (std::size_t more = all - 1; more > kept[i] && tries++ < kTriesToShorten;) {
      choice.has() = kept;
      choice.has()[i] = more;
      if (broken())
        kept = choice.has();
      else
        more = kept[i] + (more - kept[i]) / 2;
    }
  }
  choice.has() = kept;
}

}  // namespace

Result<CrashCount> for_each_crash_image(std::vector<std::uint8_t> base, const StoreHistory& history,
                                        const CrashOptions& options,
                                        const std::function<bool(const CrashImage&)>& visit) {
  BSC_TRY(check_places(base.size(), history));
  return images(base, history, options, {},
                [&](Choice& choice, std::uint64_t order, std::size_t in_flight) {
                  bool go_on = true;
                  choice.show([&] {
                    const View view(base);
                    go_on = visit({view, order, in_flight, choice.lacks()});
                  });
                  return go_on;
                });
}

Result<CrashReport> check_crash_images(const std::vector<std::uint8_t>& base,
                                       const StoreHistory& history, const CrashOptions& options) {
  BSC_TRY(check_places(base.size(), history));
  BSC_TRY_ASSIGN(const Check sound, within("base", check_btt(View(base))));
  if (!sound.clean())
    return usage_error("the base has no sound table: {}", sound.found.front().what);
  for (const StoredBytes& store : history.stores)
    if (place_of(sound.arenas, store.offset).area == Place::Area::kMap &&
        store.bytes.size() != kMapEntryBytes)
      return usage_error("record {} writes {} bytes of the map: the table was laid out anew",
                         store.order, store.bytes.size());
  Sectors sectors(base, history, sound.arenas);
  std::vector<std::uint8_t> medium = base;
  CrashReport report;
  const auto judge = [&] {
    std::vector<Inconsistency> found;
    const auto check = check_btt(View(medium));
    if (!check)
      found.push_back({.kind = "info", .what = check.error().what});
    else if (!check->clean())
      found = check->found;
    else if (check->arenas.size() != sound.arenas.size())
      found.push_back({.kind = "info", .what = "an arena is no longer there"});
    else
      sectors.judge(medium, *check, found);
    return found;
  };
  const auto broken = [&](Choice& choice) {
    std::vector<Inconsistency> found;
    choice.show([&] { found = judge(); });
    return found;
  };
  report.count = images(
      medium, history, options, [&](const StoreEvent& event) { sectors.see(event); },
      [&](Choice& choice, std::uint64_t order, std::size_t in_flight) {
        const bool bad = !broken(choice).empty();
        report.is_broken.push_back(bad);
        if (!bad || ++report.broken > kMostBroken) return true;
        const auto as_it_was = choice.has();
        shorten(choice, [&] { return !broken(choice).empty(); });
        report.first.push_back({.order = order,
                                .in_flight = in_flight,
                                .lacks = choice.lacks(),
                                .found = broken(choice)});
        choice.has() = as_it_was;
        return true;
      });
  return report;
}

Result<std::vector<std::uint8_t>> with_all_stores(std::vector<std::uint8_t> base,
                                                  const StoreHistory& history) {
  BSC_TRY(check_places(base.size(), history));
  for (const StoreEvent& event : history.events)
    if (event.kind == StoreEvent::Kind::kBegun) {
      const StoredBytes& store = history.stores[event.store];
      std::ranges::copy(store.bytes, base.begin() + static_cast<std::ptrdiff_t>(store.offset));
    }
  return base;
}

std::string describe_place(std::span<const Arena> arenas, std::uint64_t offset) {
  const Place place = place_of(arenas, offset);
  switch (place.area) {
    case Place::Area::kInfo: return "the info block";
    case Place::Area::kCopy: return "the info block's copy";
    case Place::Area::kData: return fmt::format("block {}", place.number);
    case Place::Area::kMap: return fmt::format("the map's entry of LBA {}", place.number);
    case Place::Area::kLog:
      return fmt::format("half {} of slot {} of lane {}'s log",
                         place.inside % kSlotBytes / (kSlotBytes / 2) + 1,
                         place.inside / kSlotBytes, place.number);
    case Place::Area::kElsewhere: break;
  }
  return "no part of the table";
}

}  // namespace bioscope::nvdimm
