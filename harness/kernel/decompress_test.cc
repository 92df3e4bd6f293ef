// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/decompress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

using testing::HasSubstr;

std::string sample() {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += fmt::format("{} ", i * 7919 % 10007);
  return text;
}

class Format : public testing::TestWithParam<const char*> {};

TEST_P(Format, GivesBackWhatWasPacked) {
  const auto packed = forge::packed(sample(), GetParam());
  EXPECT_TRUE(std::string(GetParam()).starts_with(compression(packed))) << compression(packed);
  EXPECT_TRUE(decompress(packed, sample().size()).value() == sample());
}

TEST_P(Format, StopsAtTheLimit) {
  const auto result = decompress(forge::packed(sample(), GetParam()), sample().size() - 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().blame, Blame::kUsage);
  EXPECT_THAT(result.error().what, HasSubstr("gives more than"));
}

TEST_P(Format, NeverTakesHalfForTheWhole) {
  const auto packed = forge::packed(sample(), GetParam());
  const auto result = decompress(packed.substr(0, packed.size() / 2), sample().size());
  if (result) {
    EXPECT_LT(result->size(), sample().size());
  } else {
    EXPECT_THAT(result.error().what, HasSubstr("damaged"));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Format,
                         testing::Values("gzip", "bzip2", "lzma", "xz", "zstd", "lz4",
                                         "lz4-legacy"),
                         [](const auto& format) {
                           std::string name = format.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Decompress, ABombEndsAtTheLimit) {
  const auto bomb = forge::packed(std::string(16 << 20, '\0'), "xz");
  EXPECT_LT(bomb.size(), 10000u);
  EXPECT_THAT(decompress(bomb, 1 << 20).error().what,
              HasSubstr("its xz data gives more than 1048576 bytes"));
}

TEST(Decompress, PackedTwiceIsUnpackedOnce) {
  const auto once = forge::packed("inside", "gzip");
  EXPECT_TRUE(decompress(forge::packed(once, "xz"), 1000).value() == once);
}

TEST(Decompress, OtherDataIsNotCompressed) {
  EXPECT_EQ(compression(""), "");
  EXPECT_EQ(compression("\x7f"
                        "ELF"),
            "");
  EXPECT_EQ(compression("\x89LZO"), "") << "lzo is not supported";
}

}  // namespace
}  // namespace bioscope::kernel
