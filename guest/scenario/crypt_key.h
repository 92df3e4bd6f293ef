// SPDX-License-Identifier: GPL-2.0-only
// The cipher and the key of every dm-crypt scenario: AES-128 in XTS mode, which needs no module
// beyond those that they name.
#pragma once

namespace bioscope::scenario {

inline constexpr char kCipher[] = "aes-xts-plain64";
// The same behind a queue, from which a worker takes it: every request is answered later.
inline constexpr char kAsyncCipher[] = "capi:cryptd(xts(ecb(aes-generic)))-plain64";
inline constexpr char kKey[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

}  // namespace bioscope::scenario
