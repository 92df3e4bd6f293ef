// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/frame.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "harness/base/check.h"

namespace bioscope::wire {
namespace {

// magic u32, kind u16, zero u16, length u32, crc u32. The CRC covers the twelve bytes before it
// and the payload, so that no bit of a frame can change unnoticed.
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kCrcOffset = 12;
constexpr std::string_view kMagic = "bioS";
constexpr std::size_t kMaxArtifactName = 128;

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint32_t get(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

const Bytef* raw(std::string_view bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

std::uint32_t checksum(std::string_view header, std::string_view payload) {
  const auto first = ::crc32_z(0, raw(header), kCrcOffset);
  return static_cast<std::uint32_t>(::crc32_z(first, raw(payload), payload.size()));
}

// A name becomes a path below the run directory, so nothing may lead out of it.
bool safe_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxArtifactName) return false;
  char before = '/';
  for (const char c : name) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    const bool inner = c == '-' || c == '.' || c == '/';
    if (!letter && (!inner || before == '/')) return false;
    before = c;
  }
  return before != '/';
}

}  // namespace

std::string encode(FrameKind kind, std::string_view payload) {
  BSC_CHECK(payload.size() <= kMaxPayload);
  std::string frame;
  frame.reserve(kHeaderBytes + payload.size());
  frame += kMagic;
  put(frame, static_cast<std::uint32_t>(kind), 2);
  put(frame, 0, 2);
  put(frame, static_cast<std::uint32_t>(payload.size()), 4);
  put(frame, checksum(frame, payload), 4);
  frame += payload;
  return frame;
}

struct ArtifactEncoder::Packer {
  // The guest may be emulated, where time costs more than bytes; but on a busy host each buffer
  // that the channel fills costs a turn of the reader's.
  explicit Packer(std::string_view name) : payload(name) {
    BSC_CHECK(safe_name(name));
    payload.push_back('\0');
    BSC_CHECK(::deflateInit(&stream, Z_BEST_SPEED) == Z_OK);
  }
  ~Packer() { ::deflateEnd(&stream); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void pack(std::string_view content, int flush) {
    stream.next_in = const_cast<Bytef*>(raw(content));
    stream.avail_in = static_cast<uInt>(content.size());
    std::array<char, 65536> chunk;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = chunk.size();
      BSC_CHECK(::deflate(&stream, flush) != Z_STREAM_ERROR);
      payload.append(chunk.data(), chunk.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }

  z_stream stream{};
  std::string payload;
};

ArtifactEncoder::ArtifactEncoder(std::string_view name) : packer_(std::make_unique<Packer>(name)) {}
ArtifactEncoder::ArtifactEncoder(ArtifactEncoder&&) noexcept = default;
ArtifactEncoder& ArtifactEncoder::operator=(ArtifactEncoder&&) noexcept = default;
ArtifactEncoder::~ArtifactEncoder() = default;

void ArtifactEncoder::append(std::string_view content) { packer_->pack(content, Z_NO_FLUSH); }

std::string ArtifactEncoder::finish() {
  packer_->pack({}, Z_FINISH);
  return encode(FrameKind::kArtifact, packer_->payload);
}

std::string encode_artifact(std::string_view name, std::string_view content) {
  ArtifactEncoder encoder(name);
  encoder.append(content);
  return encoder.finish();
}

Result<Artifact> decode_artifact(std::string_view payload, std::size_t limit) {
  const std::size_t nul = payload.substr(0, kMaxArtifactName + 1).find('\0');
  if (nul == payload.npos) return guest_error("the guest sent an artifact without a name");
  Artifact artifact{.name = std::string(payload.substr(0, nul)), .content = {}};
  if (!safe_name(artifact.name))
    return guest_error("the guest sent an artifact whose name is no plain relative path");

  const auto packed = payload.substr(nul + 1);
  z_stream stream{};
  stream.next_in = const_cast<Bytef*>(raw(packed));
  stream.avail_in = static_cast<uInt>(packed.size());
  BSC_CHECK(::inflateInit(&stream) == Z_OK);
  std::array<char, 65536> chunk;
  int state = Z_OK;
  while (state == Z_OK && artifact.content.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    state = ::inflate(&stream, Z_NO_FLUSH);
    artifact.content.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  const std::size_t left = stream.avail_in;
  ::inflateEnd(&stream);
  if (artifact.content.size() > limit)
    return guest_error("the guest's artifact {} unpacks to more than {} bytes", artifact.name,
                       limit);
  if (state != Z_STREAM_END || left != 0)
    return guest_error("the guest's artifact {} does not unpack", artifact.name);
  return artifact;
}

void FrameDecoder::feed(std::string_view bytes) {
  if (broken_) return;
  if (read_ > 0 && read_ >= buffer_.size() - read_) {
    buffer_.erase(0, read_);
    read_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  if (broken_) return std::nullopt;
  const auto fail = [this](std::string_view what) {
    broken_ = true;
    buffer_.clear();
    read_ = 0;
    return guest_error("the guest's stream breaks at byte {}: {}", offset_, what);
  };
  const auto rest = std::string_view(buffer_).substr(read_);
  const auto start = rest.substr(0, kMagic.size());
  if (start != kMagic.substr(0, start.size())) return fail("no frame begins here");
  if (rest.size() < kHeaderBytes) return std::nullopt;

  const std::uint32_t kind = get(rest, 4, 2);
  const std::uint32_t length = get(rest, 8, 4);
  if (kind < static_cast<std::uint32_t>(FrameKind::kMessage) ||
      kind > static_cast<std::uint32_t>(FrameKind::kArtifact) || get(rest, 6, 2) != 0)
    return fail(fmt::format("a frame of unknown kind {}", kind));
  if (length > kMaxPayload)
    return fail(fmt::format("a frame of {} bytes, over the limit of {}", length, kMaxPayload));
  if (rest.size() < kHeaderBytes + length) return std::nullopt;

  const auto payload = rest.substr(kHeaderBytes, length);
  if (get(rest, kCrcOffset, 4) != checksum(rest, payload)) return fail("a frame with a bad CRC");
  Frame frame{static_cast<FrameKind>(kind), std::string(payload)};
  read_ += kHeaderBytes + length;
  offset_ += kHeaderBytes + length;
  return frame;
}

}  // namespace bioscope::wire
