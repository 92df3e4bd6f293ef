// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace bioscope::wire {
namespace {

using ::testing::HasSubstr;

// Frames of the whole text, then the error if there is one.
struct Decoded {
  std::vector<Frame> frames;
  std::string error;
  std::size_t pending = 0;
};

Decoded drain(FrameDecoder& decoder) {
  Decoded decoded;
  for (;;) {
    auto frame = decoder.next();
    if (!frame) {
      decoded.error = frame.error().what;
      EXPECT_EQ(frame.error().blame, Blame::kGuest);
      EXPECT_FALSE(decoder.next().value()) << "something came after an error";
      break;
    }
    if (!*frame) break;
    decoded.frames.push_back(std::move(**frame));
  }
  decoded.pending = decoder.pending();
  return decoded;
}

Decoded decode(std::string_view bytes) {
  FrameDecoder decoder;
  decoder.feed(bytes);
  return drain(decoder);
}

std::string compressed(std::string_view content) {
  uLongf size = ::compressBound(content.size());
  std::string packed(size, '\0');
  EXPECT_EQ(::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                        reinterpret_cast<const Bytef*>(content.data()), content.size(), 9),
            Z_OK);
  packed.resize(size);
  return packed;
}

std::string named(std::string_view name, std::string_view packed) {
  return std::string(name) + '\0' + std::string(packed);
}

TEST(Frame, ComesBackWholeWithEveryByteValue) {
  std::string payload;
  for (int i = 0; i < 256; ++i) payload.push_back(static_cast<char>(i));
  const auto decoded = decode(encode(FrameKind::kRecords, payload) +
                              encode(FrameKind::kMessage, "") + encode(FrameKind::kMessage, "x"));
  ASSERT_EQ(decoded.frames.size(), 3u);
  EXPECT_EQ(decoded.frames[0].kind, FrameKind::kRecords);
  EXPECT_EQ(decoded.frames[0].payload, payload);
  EXPECT_EQ(decoded.frames[1].payload, "");
  EXPECT_EQ(decoded.frames[2].payload, "x");
  EXPECT_EQ(decoded.pending, 0u);
}

TEST(Frame, HeaderIsLittleEndian) {
  const auto frame = encode(FrameKind::kArtifact, std::string(0x0102, 'x'));
  EXPECT_EQ(frame.substr(0, 12), std::string("bioS\x03\0\0\0\x02\x01\0\0", 12));
}

TEST(Frame, MayBeSplitAtEveryByte) {
  const auto bytes = encode(FrameKind::kMessage, "first") + encode(FrameKind::kRecords, "second");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameDecoder decoder;
    decoder.feed(std::string_view(bytes).substr(0, cut));
    auto frames = drain(decoder).frames;
    decoder.feed(std::string_view(bytes).substr(cut));
    for (auto& frame : drain(decoder).frames) frames.push_back(std::move(frame));
    ASSERT_EQ(frames.size(), 2u) << "cut at " << cut;
    EXPECT_EQ(frames[0].payload, "first");
    EXPECT_EQ(frames[1].payload, "second");
  }
}

TEST(Frame, MayComeByteByByte) {
  FrameDecoder decoder;
  std::size_t frames = 0;
  for (int round = 0; round < 3; ++round) {
    for (const char c : encode(FrameKind::kMessage, "payload")) {
      decoder.feed({&c, 1});
      frames += drain(decoder).frames.size();
    }
  }
  EXPECT_EQ(frames, 3u);
  EXPECT_EQ(decoder.pending(), 0u);
}

TEST(Frame, ACutStreamShowsAsPending) {
  const auto bytes = encode(FrameKind::kMessage, "payload");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const auto decoded = decode(std::string_view(bytes).substr(0, cut));
    EXPECT_TRUE(decoded.frames.empty());
    EXPECT_EQ(decoded.error, "");
    EXPECT_EQ(decoded.pending, cut);
  }
}

TEST(Frame, NoBitCanFlipUnnoticed) {
  const auto good = encode(FrameKind::kMessage, "payload");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = decode(bad);
    EXPECT_TRUE(decoded.frames.empty()) << "bit " << bit;
    // A greater length only waits for more bytes; all else is an error at once.
    EXPECT_TRUE(!decoded.error.empty() || decoded.pending == bad.size()) << "bit " << bit;
  }
}

TEST(Frame, GarbageIsNamedWithItsOffset) {
  const auto good = encode(FrameKind::kMessage, "ok");
  const auto decoded = decode(good + "[    1.0] Oops");
  EXPECT_EQ(decoded.frames.size(), 1u);
  EXPECT_EQ(decoded.error,
            fmt::format("the guest's stream breaks at byte {}: no frame begins here", good.size()));
  EXPECT_EQ(decoded.pending, 0u);
}

TEST(Frame, GarbageIsSeenAtItsFirstByte) {
  EXPECT_THAT(decode("x").error, HasSubstr("no frame begins here"));
  EXPECT_THAT(decode("biox").error, HasSubstr("no frame begins here"));
}

TEST(Frame, LengthOverTheLimitIsRefusedBeforeItsBytesCome) {
  std::string header("bioS\x01\0\0\0\x01\0\0\x01\0\0\0\0", 16);
  EXPECT_THAT(decode(header).error, HasSubstr("16777217 bytes, over the limit of 16777216"));
  header[8] = 0;
  EXPECT_EQ(decode(header).error, "");
}

TEST(Frame, UnknownKindAndBadCrcAreRefused) {
  auto bytes = encode(FrameKind::kMessage, "ok");
  bytes[4] = 9;
  EXPECT_THAT(decode(bytes).error, HasSubstr("unknown kind 9"));
  bytes = encode(FrameKind::kMessage, "ok");
  bytes.back() = 'K';
  EXPECT_THAT(decode(bytes).error, HasSubstr("bad CRC"));
}

TEST(Frame, RandomBytesNeverYieldAFrame) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = round % 2 != 0 ? "bioS" : "";
    for (int i = 0; i < 64; ++i) bytes.push_back(static_cast<char>(random()));
    EXPECT_TRUE(decode(bytes).frames.empty());
  }
}

TEST(Frame, AnErrorIsFinal) {
  FrameDecoder decoder;
  decoder.feed("garbage");
  EXPECT_FALSE(decoder.next());
  decoder.feed(encode(FrameKind::kMessage, "ok"));
  EXPECT_FALSE(decoder.next().value());
  EXPECT_EQ(decoder.pending(), 0u);
}

TEST(Frame, TheLargestPayloadPasses) {
  const auto decoded = decode(encode(FrameKind::kRecords, std::string(kMaxPayload, 'r')));
  ASSERT_EQ(decoded.frames.size(), 1u) << decoded.error;
  EXPECT_EQ(decoded.frames[0].payload.size(), kMaxPayload);
}

TEST(FrameDeathTest, TooLargeAPayloadIsOurOwnMistake) {
  EXPECT_DEATH(encode(FrameKind::kRecords, std::string(kMaxPayload + 1, 'r')), "broken invariant");
}

TEST(Artifact, ComesBack) {
  std::string content(300000, 'k');
  content += '\0';
  const auto decoded = decode(encode_artifact("kernel/kallsyms", content));
  ASSERT_EQ(decoded.frames.size(), 1u);
  EXPECT_LT(decoded.frames[0].payload.size(), 10000u);
  const auto artifact = decode_artifact(decoded.frames[0].payload).value();
  EXPECT_EQ(artifact.name, "kernel/kallsyms");
  EXPECT_EQ(artifact.content, content);
}

TEST(Artifact, MayBePackedInPieces) {
  ArtifactEncoder encoder("a");
  std::string content;
  std::mt19937 random(1);
  for (int piece = 0; piece < 50; ++piece) {
    std::string bytes(random() % 10000, static_cast<char>(random()));
    for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(random()));
    encoder.append(bytes);
    content += bytes;
  }
  const auto frame = decode(encoder.finish()).frames.at(0);
  EXPECT_EQ(decode_artifact(frame.payload).value().content, content);
}

TEST(Artifact, MayBeEmpty) {
  const auto frame = decode(encode_artifact("a", "")).frames.at(0);
  EXPECT_EQ(decode_artifact(frame.payload).value().content, "");
}

TEST(Artifact, ABombStopsAtTheLimit) {
  const auto bomb = named("bomb", compressed(std::string(8u << 20, '\0')));
  EXPECT_EQ(decode_artifact(bomb, 1u << 20).error().what,
            "the guest's artifact bomb unpacks to more than 1048576 bytes");
  EXPECT_TRUE(decode_artifact(bomb, 8u << 20));
}

TEST(Artifact, CutTrailingAndForeignBytesAreRefused) {
  const auto packed = compressed("some content");
  for (std::size_t cut = 0; cut < packed.size(); ++cut)
    EXPECT_THAT(decode_artifact(named("a", packed.substr(0, cut))).error().what,
                HasSubstr("artifact a does not unpack"));
  EXPECT_FALSE(decode_artifact(named("a", packed + "x")));
  EXPECT_FALSE(decode_artifact(named("a", "not zlib")));
}

TEST(Artifact, NameNeverLeavesTheRunDirectory) {
  const auto packed = compressed("x");
  for (const std::string name : {"", "/etc/passwd", "../up", "a/../../b", "a/./b", "a//b",
                                 ".hidden", "a/", "-rf", "a\nb", "a b", "caf\xc3\xa9"})
    EXPECT_THAT(decode_artifact(named(name, packed)).error().what, HasSubstr("path")) << name;
  EXPECT_FALSE(decode_artifact(named(std::string(129, 'a'), packed)));
  EXPECT_TRUE(decode_artifact(named(std::string(128, 'a'), packed)));
  EXPECT_EQ(decode_artifact("no-nul").error().what, "the guest sent an artifact without a name");
}

}  // namespace
}  // namespace bioscope::wire
