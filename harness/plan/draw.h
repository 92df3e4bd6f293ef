// SPDX-License-Identifier: GPL-2.0-only
// Draw: which faults a random trial meets, of those that its scenario declares. The same seed draws
// the same on every machine. Other ways to choose (what found most so far, what is left of a
// failing plan) would stand beside it: each takes the declared sites and gives a plan's faults.
#pragma once

#include <cstdint>
#include <vector>

#include "guest/wire/fault.h"

namespace bioscope::plan {

// Those that are planned always, as declared: what a run without a plan meets.
std::vector<wire::Fault> planned(const std::vector<wire::Fault>& declared);

bool has_sites(const std::vector<wire::Fault>& declared);  // to draw from

// The planned ones, and one to three of the others: their hit is at most the declared one, their
// delay too, and short delays are as likely as long ones.
std::vector<wire::Fault> draw(const std::vector<wire::Fault>& declared, std::uint64_t seed);

}  // namespace bioscope::plan
