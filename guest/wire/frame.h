// SPDX-License-Identifier: GPL-2.0-only
// Frames: how both virtio-serial channels are cut into messages. A frame is a header (magic, kind,
// length, CRC-32 of all the rest; little endian) and its payload. The decoder takes bytes in any
// pieces, never trusts them, and says where garbage began. Host and guest use it alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::wire {

enum class FrameKind : std::uint16_t {
  kMessage = 1,   // one JSON message (message.h)
  kRecords = 2,   // whole bsc_records with their payloads, in order
  kArtifact = 3,  // name, NUL, zlib stream: a file for the run directory
};

inline constexpr std::uint32_t kMaxPayload = 16u << 20;

struct Frame {
  FrameKind kind{};
  std::string payload;  // bytes
};

// One frame as bytes. `payload` is at most kMaxPayload bytes.
std::string encode(FrameKind kind, std::string_view payload);

// `name` is a relative path of letters, digits and inner "._-/"; `content` fits kMaxPayload.
std::string encode_artifact(std::string_view name, std::string_view content);

// The same in pieces, as they come.
class ArtifactEncoder {
 public:
  explicit ArtifactEncoder(std::string_view name);
  ArtifactEncoder(ArtifactEncoder&&) noexcept;
  ArtifactEncoder& operator=(ArtifactEncoder&&) noexcept;
  ~ArtifactEncoder();

  void append(std::string_view content);
  std::string finish();  // the frame; once, as the last call

 private:
  struct Packer;
  std::unique_ptr<Packer> packer_;
};

struct Artifact {
  std::string name;
  std::string content;
};
// The content of a kArtifact payload; at most `limit` bytes when unpacked.
Result<Artifact> decode_artifact(std::string_view payload, std::size_t limit = 64u << 20);

// Gathers bytes and yields frames. After an error it yields nothing more.
class FrameDecoder {
 public:
  void feed(std::string_view bytes);

  // The next whole frame; nothing if more bytes are needed; an error (Blame::kGuest, naming the
  // offset in the stream) for a bad magic, kind, length or CRC.
  Result<std::optional<Frame>> next();

  // Bytes of an unfinished frame: non-zero at the end of the stream means that it was cut.
  std::size_t pending() const { return buffer_.size() - read_; }

 private:
  std::string buffer_;
  std::size_t read_ = 0;
  std::uint64_t offset_ = 0;  // of buffer_[read_] in the stream
  bool broken_ = false;
};

}  // namespace bioscope::wire
