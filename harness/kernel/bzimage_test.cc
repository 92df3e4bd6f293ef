// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/bzimage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

using testing::HasSubstr;

std::string problem(std::string_view file) {
  const auto image = parse_bzimage(file);
  if (!image) return image.error().what;
  const auto vmlinux = take_vmlinux(*image);
  return vmlinux ? "" : vmlinux.error().what;
}

class Compression : public testing::TestWithParam<const char*> {};

TEST_P(Compression, VmlinuxComesOutAsItWentIn) {
  const auto vmlinux = forge::vmlinux();
  const auto file = forge::bzimage(vmlinux, GetParam());
  ASSERT_TRUE(is_bzimage(file));
  const auto image = parse_bzimage(file).value();
  EXPECT_EQ(image.release, "9.9.9-forged");
  EXPECT_EQ(image.unpacked, vmlinux.size());
  EXPECT_TRUE(take_vmlinux(image).value() == vmlinux);
}

TEST_P(Compression, ASignatureBehindTheKernelDoesNotMatter) {
  const auto vmlinux = forge::vmlinux();
  const auto file = forge::bzimage(vmlinux, GetParam()) + std::string(1500, 's');
  EXPECT_TRUE(take_vmlinux(parse_bzimage(file).value()).value() == vmlinux);
}

TEST_P(Compression, EveryTruncationIsSeen) {
  const auto file = forge::bzimage(forge::vmlinux(), GetParam());
  for (std::size_t size = 0x250; size + 16 < file.size(); size += 7)
    EXPECT_NE(problem(std::string_view(file).substr(0, size)), "") << size;
}

INSTANTIATE_TEST_SUITE_P(Each, Compression,
                         testing::Values("gzip", "bzip2", "lzma", "xz", "zstd", "lz4-legacy"),
                         [](const auto& format) {
                           std::string name = format.param;
                           std::erase(name, '-');
                           return name;
                         });

class Damaged : public testing::Test {
 protected:
  std::string file_ = forge::bzimage(forge::vmlinux(), "zstd");
};

TEST_F(Damaged, OtherFilesAreNotBzImages) {
  EXPECT_FALSE(is_bzimage(""));
  EXPECT_FALSE(is_bzimage(forge::vmlinux()));
  EXPECT_FALSE(is_bzimage(std::string(4096, '\0')));
  file_[0x202] = 'X';  // a boot sector of something else
  EXPECT_FALSE(is_bzimage(file_));
}

TEST_F(Damaged, AFileThatIsCutOffSaysByHowMuch) {
  const auto whole = file_.size();
  file_.resize(1000);
  EXPECT_EQ(problem(file_), fmt::format("it is cut off: 1000 bytes of {}", whole));
  file_.resize(0x210);
  EXPECT_EQ(problem(file_), "it ends within the setup header");
}

TEST_F(Damaged, APayloadOutsideOfTheFile) {
  forge::put<std::uint32_t>(file_, 0x24c, 0xfffffff0);
  EXPECT_EQ(problem(file_),
            "its header puts vmlinux at 1088 + 4294967280 bytes, outside of the file");
  forge::put<std::uint32_t>(file_, 0x248, 0xffffffff);
  EXPECT_THAT(problem(file_), HasSubstr("outside of the file"));
  forge::put<std::uint32_t>(file_, 0x248, 64);
  forge::put<std::uint32_t>(file_, 0x24c, 3);
  EXPECT_THAT(problem(file_), HasSubstr("outside of the file"));
}

TEST_F(Damaged, AnUnpackedSizeThatIsNotTrue) {
  const auto image = parse_bzimage(file_).value();
  const auto trailer =
      static_cast<std::size_t>(image.payload.data() - file_.data()) + image.payload.size();
  forge::put<std::uint32_t>(file_, trailer, image.unpacked + 1);
  EXPECT_EQ(problem(file_), fmt::format("its vmlinux has {} bytes instead of {}", image.unpacked,
                                        image.unpacked + 1));
  forge::put<std::uint32_t>(file_, trailer, image.unpacked - 1);
  EXPECT_THAT(problem(file_), HasSubstr("gives more than"));
  forge::put<std::uint32_t>(file_, trailer, 0xffffffff);
  EXPECT_EQ(problem(file_), "its header promises a vmlinux of 4294967295 bytes");
}

TEST_F(Damaged, AProtocolBeforeThePayloadWasDescribed) {
  forge::put<std::uint16_t>(file_, 0x206, 0x207);
  EXPECT_THAT(problem(file_), HasSubstr("its boot protocol 2.07 is older than 2.08"));
}

TEST_F(Damaged, AReleaseThatCanBeNoneIsNone) {
  file_.replace(0x300, 4, "9../");
  EXPECT_EQ(parse_bzimage(file_).value().release, "");
  forge::put<std::uint16_t>(file_, 0x20e, 0xfff0);
  EXPECT_EQ(parse_bzimage(file_).value().release, "");
}

}  // namespace
}  // namespace bioscope::kernel
