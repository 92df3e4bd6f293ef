// SPDX-License-Identifier: GPL-2.0-only
// The values of blk_status_t that oracles and witnesses tell apart, which no kernel from 6.1 on
// has renumbered. For this folder only.
#pragma once

#include <cstdint>

namespace bioscope::oracle {

inline constexpr std::uint32_t kStatusOk = 0;
inline constexpr std::uint32_t kStatusDmRequeue = 11;  // a target pushed the bio back
inline constexpr std::uint32_t kStatusAgain = 12;      // dm sends a polled one again

}  // namespace bioscope::oracle
