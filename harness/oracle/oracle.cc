// SPDX-License-Identifier: GPL-2.0-only
#include "harness/oracle/oracle.h"

#include <algorithm>
#include <array>

#include "harness/oracle/oracles.h"

namespace bioscope::oracle {
namespace {

using std::string_view;

constexpr std::array<string_view, 10> kLifePrograms{
    "bio_alloc", "bio_init",  "bio_reset", "bio_clone", "bio_chain",
    "block_split", "bio_submit", "bio_endio", "bio_put",   "bio_free"};
constexpr std::array<string_view, 11> kClonePrograms{
    "bio_alloc", "bio_init",  "bio_reset", "bio_clone", "bio_chain", "block_split",
    "bio_submit", "bio_endio", "bio_put",   "bio_free",  "dm_map"};
constexpr std::array<string_view, 2> kSplitPrograms{"bio_split", "block_split"};
constexpr std::array<string_view, 3> kCloningPrograms{"bio_alloc", "bio_clone", "bio_free"};
constexpr std::array<string_view, 4> kMapPrograms{"bio_alloc", "bio_submit", "bio_endio", "dm_map"};
constexpr std::array<string_view, 3> kSuspendPrograms{"bio_alloc", "bio_submit", "bio_endio"};
constexpr std::array<string_view, 1> kCloneEndioPrograms{"dm_clone_endio"};

const std::array<OracleInfo, 5> kOracles{{
    {.name = "bio_completes",
     .letter = "D8",
     .invariant = "every submitted bio completes",
     .programs = kLifePrograms,
     .make = make_bio_completes},
    {.name = "bio_lifetime",
     .letter = "D1",
     .invariant = "nothing happens to a bio after it was freed, and its memory is handed out only "
                  "after that",
     .programs = kLifePrograms,
     .make = make_bio_lifetime},
    {.name = "clone_before_master",
     .letter = "D2",
     .invariant = "a clone is out of flight, and put by dm, before its master completes",
     .programs = kClonePrograms,
     .make = make_clone_before_master},
    {.name = "completes_once",
     .letter = "D3",
     .invariant = "a submitted bio completes exactly once",
     .programs = kLifePrograms,
     .make = make_completes_once},
    {.name = "console_clean",
     .letter = "-",
     .invariant = "the kernel reports no fault of its own on the console",
     .programs = {},
     .make = nullptr},
}};

const std::array<WitnessInfo, 6> kWitnesses{{
    {"bio_split", "a bio was cut in two", kSplitPrograms, make_bio_split_seen},
    {"clone_of_clone", "a clone was cloned again", kCloningPrograms, make_clone_of_clone},
    {"dm_clone_completed", "a clone came back through dm's completion", kCloneEndioPrograms,
     make_dm_clone_completed},
    {"flush_then_data", "dm sent a master's preflush and then its data", kMapPrograms,
     make_flush_then_data},
    {"overlap_on_two_cpus",
     "masters submitted on two CPUs were in flight on one mapped device at the same time",
     kMapPrograms, make_overlap_on_two_cpus},
    {"suspend_with_io", "a bio was submitted to a suspended device and completed later",
     kSuspendPrograms, make_suspend_with_io},
}};

template <class Table>
auto find_in(const Table& table, string_view name) -> decltype(&table.front()) {
  const auto found = std::ranges::find(table, name, [](const auto& info) { return info.name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

void Oracle::report(Finding finding) {
  if (findings_.size() < kMostFindings) findings_.push_back(std::move(finding));
}

std::span<const OracleInfo> all_oracles() { return kOracles; }
std::span<const WitnessInfo> all_witnesses() { return kWitnesses; }
const OracleInfo* find_oracle(string_view name) { return find_in(kOracles, name); }
const WitnessInfo* find_witness(string_view name) { return find_in(kWitnesses, name); }

}  // namespace bioscope::oracle
