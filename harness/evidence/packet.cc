// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/packet.h"

#include <xxhash.h>

namespace bioscope::evidence {

std::uint64_t checksum(const Packet& packet) {
  return ::XXH3_64bits(&packet, offsetof(Packet, checksum));
}

}  // namespace bioscope::evidence
