// SPDX-License-Identifier: GPL-2.0-only
// Bytes changed at random in well-formed input: every reader answers or refuses, none crashes,
// hangs or reads outside. Meant for the sanitizer build; the seeds are fixed.
#include <gtest/gtest.h>

#include <random>

#include "harness/base/file.h"
#include "harness/kernel/bzimage.h"
#include "harness/kernel/decompress.h"
#include "harness/kernel/forge.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/vmlinux.h"

namespace bioscope::kernel {
namespace {

constexpr int kRounds = 2000;

// A few bytes within [from, to) become other, large or small; sometimes the end is cut off.
std::string mutated(std::string file, std::size_t from, std::size_t to, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  to = std::min(to, file.size());
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const char choices[] = {'\0', '\xff', '\x7f', static_cast<char>(below(256))};
    file[from + below(to - from)] = choices[below(4)];
  }
  if (below(8) == 0) file.resize(below(file.size()));
  return file;
}

forge::BtfWriter sample_btf() {
  forge::BtfWriter writer;
  const auto integer = writer.integer("int");
  writer.function("bio_put", writer.prototype(3, integer));
  const auto inner = writer.structure("", {{"deep", integer}});
  writer.structure("bio", {{"flags", integer}, {"", inner}});
  return writer;
}

TEST(Hostile, BzImages) {
  std::mt19937 random(1);
  for (const char* format : {"gzip", "xz", "zstd", "lz4-legacy"}) {
    const auto good = forge::bzimage(forge::vmlinux(), format);
    for (int i = 0; i < kRounds; ++i) {
      const bool header = i % 2 == 0;
      const auto file = mutated(good, header ? 0x1f1 : 1024, header ? 0x250 : good.size(), random);
      if (!is_bzimage(file)) continue;
      const auto image = parse_bzimage(file);
      // The size is as hostile as the rest; a test need not wait for zeros by the gigabyte.
      if (!image || compression(image->payload).empty() || image->unpacked > 64 << 20) continue;
      const auto vmlinux = take_vmlinux(*image);
      EXPECT_TRUE(!vmlinux || vmlinux->size() == image->unpacked);
    }
  }
}

TEST(Hostile, ElfFiles) {
  std::mt19937 random(2);
  const auto good = forge::vmlinux(
      {.btf = sample_btf().bytes(), .config = forge::packed("CONFIG_A=y\n", "gzip")});
  int accepted = 0;
  for (int i = 0; i < kRounds; ++i) {
    const bool header = i % 2 == 0;
    const auto file = mutated(good, header ? 0 : 64, header ? 120 : good.size(), random);
    if (parse_vmlinux(file)) ++accepted;
    embedded_config(file);
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kRounds);
}

TEST(Hostile, Btf) {
  std::mt19937 random(3);
  const forge::Scratch scratch;
  const auto good = sample_btf().bytes();
  forge::BtfWriter split(sample_btf().next_id(), sample_btf().next_name());
  split.function("clone_endio", 2);
  ASSERT_TRUE(write_file(scratch / "good", forge::vmlinux({.btf = good})));
  const auto base = Btf::of_vmlinux(scratch / "good").value().value();
  int accepted = 0;
  for (int i = 0; i < kRounds / 2; ++i) {
    const auto btf = mutated(good, 0, good.size(), random);
    ASSERT_TRUE(write_file(scratch / "vmlinux", forge::vmlinux({.btf = btf})));
    if (const auto read = Btf::of_vmlinux(scratch / "vmlinux"); read && *read) {
      ++accepted;
      (*read)->has_function("bio_put");
      (*read)->parameters("bio_put");
      (*read)->has_member("bio", "deep");
    }
    const auto module = mutated(split.bytes(), 0, split.bytes().size(), random);
    ASSERT_TRUE(write_file(scratch / "x.ko", forge::module("9.9.9", module)));
    if (const auto read = Btf::of_module(scratch / "x.ko", base); read && *read)
      (*read)->parameters("clone_endio");
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kRounds / 2);
}

TEST(Hostile, Compressed) {
  std::mt19937 random(4);
  const std::string text(20000, 'x');
  for (const char* format : {"gzip", "bzip2", "lzma", "xz", "zstd", "lz4", "lz4-legacy"}) {
    const auto good = forge::packed(text, format);
    for (int i = 0; i < kRounds / 10; ++i) {
      const auto data = mutated(good, 0, good.size(), random);
      if (compression(data).empty()) continue;
      const auto out = decompress(data, 1 << 20);
      EXPECT_TRUE(!out || out->size() <= 1 << 20);
    }
  }
}

}  // namespace
}  // namespace bioscope::kernel
