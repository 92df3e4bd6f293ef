// SPDX-License-Identifier: GPL-2.0-only
// Cutting a record down to what one finding is about: the records of its object and of those that
// appear beside it, from their birth to the finding. Pure. What is kept as a proof of an oracle is
// made by it.
#pragma once

#include <span>
#include <vector>

#include "harness/oracle/oracle.h"

namespace bioscope::oracle {

// Those of `records` (all of a trial, in order) that the finding is about.
std::vector<const bsc_record*> cut(std::span<const bsc_record* const> records,
                                   const Finding& finding);

// The addresses of objects that a record names, in the order of its members.
std::vector<std::uint64_t> pointers(const bsc_record& record);

// What an oracle says of records after which nothing more came for a long time.
std::vector<Finding> replay(const OracleInfo& oracle, std::span<const bsc_record* const> records);

// The finding of this oracle and kind that is proven at `order` about `object`, or null.
const Finding* find(std::span<const Finding> findings, std::string_view kind, std::uint64_t object,
                    std::uint64_t order);

}  // namespace bioscope::oracle
