// SPDX-License-Identifier: GPL-2.0-only
// FaultSites: which program serves which site of a plan, and what that program is told. Pure: what
// the kernel's functions look like is given, so that it is tested without a kernel.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "bioscope/fault.h"
#include "guest/loader/btf.h"
#include "guest/wire/fault.h"

namespace bioscope::loader {

inline constexpr char kFaultPrefix[] = "fault_";  // of all programs that are faults

struct FaultSite {
  std::size_t fault = 0;  // of the plan
  std::size_t slot = 0;   // in `told`
  std::string program{};  // "fault_entry_0"
  std::string hook{};     // "fentry:clone_endio"
  wire::Where where{};
};

struct FaultSites {
  std::vector<FaultSite> sites{};
  std::array<bsc_fault_site, BSC_SLOTS> told{};
};

// Of faults that wire::check() has passed.
FaultSites lay_out(const std::vector<wire::Fault>& faults);

// All hooks that the sites may have: of "fentry:f|g" both. Then the ones that there are, by that
// set; a site of which none is there keeps its first.
std::set<std::string> hooks_of(const FaultSites& sites);
void choose_hooks(FaultSites& sites, const std::function<bool(const std::string& hook)>& is_there);

// Tells the site where its function keeps the bio and the object. Empty, or why it cannot be armed.
std::string fit(const FaultSite& site, const Prototype& prototype, bsc_fault_site& told);

}  // namespace bioscope::loader
