// SPDX-License-Identifier: GPL-2.0-only
// Bytes of either channel, in pieces of any size: frames, messages and artifacts.
#include <algorithm>
#include <cstdint>

#include "guest/wire/frame.h"
#include "guest/wire/message.h"
#include "harness/base/check.h"

using namespace bioscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1u;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  // As it is, and as the payload of a frame that is whole.
  for (const std::string& stream :
       {std::string(bytes), wire::encode(wire::FrameKind::kMessage, bytes),
        wire::encode(wire::FrameKind::kArtifact, bytes)}) {
    wire::FrameDecoder decoder;
    for (std::string_view rest = stream; !rest.empty();) {
      const auto part = rest.substr(0, piece);
      rest.remove_prefix(part.size());
      decoder.feed(part);
      for (;;) {
        auto frame = decoder.next();
        if (!frame || !*frame) break;
        if ((*frame)->kind == wire::FrameKind::kArtifact)
          static_cast<void>(wire::decode_artifact((*frame)->payload, 1u << 20));
      }
    }
  }
  // A message that was understood is understood again from what it is written as.
  if (const auto message = wire::parse_to_host(bytes))
    BSC_CHECK(wire::parse_to_host(wire::to_json(*message)).has_value());
  if (const auto message = wire::parse_to_guest(bytes))
    BSC_CHECK(wire::parse_to_guest(wire::to_json(*message)).has_value());
  return 0;
}
