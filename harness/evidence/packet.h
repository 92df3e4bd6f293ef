// SPDX-License-Identifier: GPL-2.0-only
// One packet of a trace file as it lies on disk. Every packet takes one page of the file: packet N
// starts at N * kPacketBytes, so a damaged one never hides the next, and a writer that is killed
// while it writes leaves whole packets. Internal to the writer and the reader.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "harness/evidence/schema.h"

namespace bioscope::evidence {

inline constexpr std::size_t kPacketBytes = 4096;
inline constexpr std::uint32_t kCtfMagic = 0xC1FC1FC1;

using TraceUuid = std::array<std::uint8_t, 16>;

struct Packet {
  // CTF's packet.header and packet.context as tsdl.cc declares them. Sizes are in bits.
  std::uint32_t magic = kCtfMagic;
  std::uint32_t stream_id = 0;
  TraceUuid uuid{};
  std::uint64_t timestamp_begin = 0;
  std::uint64_t timestamp_end = 0;
  std::uint64_t content_size = 0;
  std::uint64_t packet_size = kPacketBytes * 8;
  std::uint64_t packet_seq_num = 0;
  std::uint64_t events_discarded = 0;  // on this CPU since the trace began
  std::uint64_t cpu_id = 0;

  char records[3984] = {};  // the content; zeros behind it

  // Padding to CTF. Ours alone, at the end of the page:
  std::uint64_t order_begin = 0;  // of the first record; of the last one before, if it has none
  std::uint64_t order_end = 0;
  std::uint64_t last = 0;      // 1: the stream was closed after this packet
  std::uint64_t checksum = 0;  // of all bytes before
};

inline constexpr std::uint64_t kEmptyContent = offsetof(Packet, records) * 8;

static_assert(std::endian::native == std::endian::little, "traces are little endian");
static_assert(sizeof(Packet) == kPacketBytes);
static_assert(offsetof(Packet, records) % alignof(bsc_record) == 0);
#define BSC_X(NAME, number, name)                                                         \
  static_assert(sizeof(bsc_record) + sizeof(bsc_event_##name) <= sizeof(Packet::records), \
                "a record fits into a packet");
BSC_EVENT_LIST(BSC_X)
#undef BSC_X

std::uint64_t checksum(const Packet& packet);

}  // namespace bioscope::evidence
