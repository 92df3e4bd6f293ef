// SPDX-License-Identifier: GPL-2.0-only
// Traces for people: what a guest's trace holds and lacks, and its records as lines. `guest` is
// guests/G of a run directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/verdict/verdict.h"

namespace bioscope::inspect {

struct Filter {
  std::uint64_t bio = 0;   // any field that holds a bio's address; 0: all
  std::string type{};      // an event's name; empty: all
  std::uint64_t from = 0;  // orders
  std::uint64_t to = ~std::uint64_t{0};
  bool stacks = false;
};

using Print = std::function<void(std::string_view line)>;

// A usage error names a type that no event has, or a directory without a trace.
Status show(const std::filesystem::path& guest, const Filter& filter, const Print& print);

// Which life, and how it is told.
struct LifeRequest {
  std::uint64_t bio = 0;  // address
  std::uint64_t at = 0;   // an order within the life; 0: that of a finding, else the last life
  bool stacks = false;    // of every event, not of the decisive ones alone
  // Lines no longer than this, and without fields that say nothing; 0: as long as they are.
  std::size_t columns = 0;
  // What is made of a stack's frames before they are printed: file and line, say.
  std::function<std::vector<std::string>(const std::vector<std::string>&)> decode{};
};

// One bio's life with all that was made for it: a tree with durations, then what happened, with
// the findings at the records that prove them. A usage error if the trace has no such bio.
Status life(const std::filesystem::path& guest, const LifeRequest& request,
            const std::vector<verdict::Finding>& findings, const Print& print);

// Counts per type and CPU, times, programs, and the ledger.
Status info(const std::filesystem::path& guest, const Print& print);

}  // namespace bioscope::inspect
