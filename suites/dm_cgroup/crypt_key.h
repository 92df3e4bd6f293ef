// SPDX-License-Identifier: GPL-2.0-only
// The cipher and the key of every dm-crypt device in this suite.
#pragma once

namespace bioscope_suite_dm_cgroup {

inline constexpr char kCipher[] = "aes-xts-plain64";
inline constexpr char kKey[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

}  // namespace bioscope_suite_dm_cgroup
