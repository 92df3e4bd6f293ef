// SPDX-License-Identifier: GPL-2.0-only
// The bits of blk_opf_t that oracles tell apart, which no kernel from 6.1 on has renumbered. For
// this folder only.
#pragma once

#include <cstdint>

namespace bioscope::oracle {

inline constexpr std::uint32_t kOperation = 0xff;
inline constexpr std::uint32_t kWrite = 1;
inline constexpr std::uint32_t kDiscard = 3;
inline constexpr std::uint32_t kWriteZeroes = 9;
inline constexpr std::uint32_t kFua = 1U << 17;
inline constexpr std::uint32_t kPreflush = 1U << 18;

}  // namespace bioscope::oracle
