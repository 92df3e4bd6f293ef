// SPDX-License-Identifier: GPL-2.0-only
// Families: the lives of all bios that a trace tells of, and who was made for whom: a clone for
// its source, a chained bio for its parent, a target's own bio for the clone it serves. An address
// is used again and again; each use is a life of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <bioscope/event.h>

namespace bioscope::inspect {

// A point of a life; order 0: it was not seen.
struct Moment {
  std::uint64_t order = 0;
  std::uint64_t time = 0;  // ns, guest's clock

  explicit operator bool() const { return order != 0; }
};

inline constexpr std::size_t kNobody = ~std::size_t{0};

struct Life {
  std::uint64_t address = 0;
  unsigned number = 0;  // of this address, from 1
  Moment born{};
  Moment submitted{};  // the first time
  Moment completed{};  // the last time
  Moment freed{};
  std::uint64_t next = ~std::uint64_t{0};  // order at which the address began another life
  std::uint32_t dev = 0;                   // as first submitted, like the rest
  std::uint32_t opf = 0;
  std::uint32_t size = 0;  // bytes
  std::uint64_t sector = 0;
  std::uint32_t status = 0;      // as last completed
  std::string task{};            // comm-tid
  std::string relation{};        // to `parent`: "clone of", "chained to", "sent for"
  std::size_t parent = kNobody;  // index of a life

  bool covers(std::uint64_t order) const { return born.order <= order && order < next; }
};

class Lives {
 public:
  void see(const bsc_record& record);  // every record, in order

  const std::vector<Life>& all() const { return lives_; }

  // The life of an address that `order` falls into; order 0: its last one. kNobody if none.
  std::size_t find(std::uint64_t address, std::uint64_t order) const;

 private:
  void begin(std::uint64_t address, const bsc_record& record);
  Life* current(std::uint64_t address);
  void relate(std::uint64_t child, std::uint64_t parent, std::string_view relation);

  std::vector<Life> lives_;
  std::unordered_map<std::uint64_t, std::size_t> current_;
};

struct Member {
  std::size_t life = 0;
  std::string label{};  // "A", its children "A1", "A2", theirs "A1.1"
  unsigned depth = 0;
};

// The life and all that descends from it, parents before their children, siblings by birth.
std::vector<Member> family(const std::vector<Life>& lives, std::size_t life);

}  // namespace bioscope::inspect
