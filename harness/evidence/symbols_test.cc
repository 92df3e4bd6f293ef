// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/symbols.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include <fmt/format.h>

namespace bioscope::evidence {
namespace {

constexpr char kKallsyms[] =
    "0000000000000000 A fixed_percpu_data\n"
    "000000000001a000 A cpu_tss_rw\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 T startup_64\n"
    "ffffffff81001000 T submit_bio_noacct\n"
    "ffffffff81001200 t bio_free\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffffc0105000 t clone_endio\t[dm_mod]\n"
    "ffffffffc0105200 t dm_submit_bio\t[dm_mod]\n"
    "ffffffffc0001000 t brd_submit_bio\t[brd]\n"
    "ffffffffc0200000 t bpf_prog_6deef7357e7b4530\t[bpf]\n";

TEST(Symbols, NamesAddresses) {
  const Symbols symbols(kKallsyms);
  EXPECT_EQ(symbols.name(0xffffffff81001000), "submit_bio_noacct+0x0");
  EXPECT_EQ(symbols.name(0xffffffff810011ff), "submit_bio_noacct+0x1ff");
  EXPECT_EQ(symbols.name(0xffffffff81001200), "bio_free+0x0");
  EXPECT_EQ(symbols.name(0xffffffffc0105010), "clone_endio+0x10 [dm_mod]");
  EXPECT_EQ(symbols.name(0xffffffffc0001000), "brd_submit_bio+0x0 [brd]");
  EXPECT_EQ(symbols.name(0xffffffffc0200001), "bpf_prog_6deef7357e7b4530+0x1 [bpf]");
  EXPECT_EQ(symbols.name(0xffffffff81000000), "_stext+0x0") << "the first of the aliases";
}

TEST(Symbols, LeavesTheUnknownAsANumber) {
  const Symbols symbols(kKallsyms);
  EXPECT_EQ(symbols.name(0), "0x0");
  EXPECT_EQ(symbols.name(0x1a000), "0x1a000") << "absolute symbols are no addresses";
  EXPECT_EQ(symbols.name(0xffffffff80ffffff), "0xffffffff80ffffff");
  EXPECT_EQ(symbols.name(0xffffffff81011200), "0xffffffff81011200") << "far behind a symbol";
  EXPECT_EQ(symbols.name(0xffffffffffffffff), "0xffffffffffffffff");
  EXPECT_EQ(Symbols().name(0xffffffff81001000), "0xffffffff81001000");
}

TEST(Symbols, PassesOverWhatIsNoSymbol) {
  const Symbols symbols(
      "garbage\n\n\xff\xfe\nffffffff81001000\nffffffff81001000 T\nffffffff81001000 T \n"
      "ffffffff81001000xT name\nffffffff81002000 T name [x\nffffffff81003000 t n\t[\n"
      "ffffffff81003000 t n\tm]\nffffffff81004000 t last_without_newline");
  EXPECT_EQ(symbols.name(0xffffffff81004001), "last_without_newline+0x1");
  EXPECT_EQ(symbols.name(0xffffffff81001000), "0xffffffff81001000");
  EXPECT_EQ(symbols.name(0xffffffff81003000), "name [x+0x1000");
}

TEST(Symbols, HiddenAddressesStayNumbers) {
  const Symbols symbols("0000000000000000 T _stext\n0000000000000000 t bio_free\n");
  EXPECT_EQ(symbols.size(), 0u);
  EXPECT_EQ(symbols.name(0x10), "0x10");
}

TEST(Symbols, EndlessModulesAreNotRead) {
  std::string text = "ffffffff81001000 T submit_bio_noacct\n";
  for (int i = 0; i < 100'000; ++i) text += fmt::format("{:x} t f\t[m{}]\n", 0xffff0000 + i, i);
  const Symbols symbols(text);
  EXPECT_LT(symbols.size(), 5000u);
  EXPECT_EQ(symbols.name(0xffffffff81001000), "submit_bio_noacct+0x0");
}

TEST(Symbols, AgreeWithASearchOverTheList) {
  std::mt19937_64 random(1);
  std::string text;
  std::vector<std::uint64_t> addresses;
  for (int i = 0; i < 3000; ++i) {
    addresses.push_back(0xffffffff81000000 + random() % 0x4000000);
    text += fmt::format("{:016x} t s{:x}\n", addresses.back(), addresses.back());
  }
  const Symbols symbols(text);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t address = 0xffffffff81000000 + random() % 0x4000000;
    std::uint64_t best = 0;
    for (const auto candidate : addresses)
      if (candidate <= address && candidate > best) best = candidate;
    const auto place = symbols.find(address);
    if (best == 0 || address - best >= 0x10000) {
      EXPECT_FALSE(place);
    } else {
      ASSERT_TRUE(place);
      EXPECT_EQ(place->name, fmt::format("s{:x}", best));
      EXPECT_EQ(place->offset, address - best);
    }
  }
}

TEST(Symbols, WhatLiesBehindAModuleIsNotCalledByItsLastName) {
  constexpr char kNames[] =
      "ffffffffc0001000 t first\t[dm_mod]\nffffffffc0003f00 t last\t[dm_mod]\n";
  constexpr char kModules[] =
      "brd 16384 0 - Live 0xffffffffa0007000\n"
      "dm_mod 16384 2 dm_crypt,dm_snapshot, Live 0xffffffffc0000000\n";
  EXPECT_EQ(Symbols(kNames, kModules).name(0xffffffffc0003f10), "last+0x10 [dm_mod]");
  EXPECT_EQ(Symbols(kNames, kModules).name(0xffffffffc0004010), "0xffffffffc0004010");
  EXPECT_EQ(Symbols(kNames).name(0xffffffffc0004010), "last+0x110 [dm_mod]");
}

TEST(Symbols, StacksBeginBehindTheProbe) {
  const Symbols symbols(
      "ffffffff81000100 T bio_endio\nffffffff81000200 T clone_endio\n"
      "ffffffffc0000000 t bpf_prog_1_bio_endio\t[bpf]\n");
  const std::uint64_t frames[] = {0xffffffffc0000010, 0xffffffffd0000000, 0xffffffff81000105,
                                  0xffffffff81000210};
  EXPECT_EQ(symbols.stack(frames), (std::vector<std::string>{"bio_endio+0x5", "clone_endio+0x10"}));
  EXPECT_EQ(Symbols().stack(frames).size(), 4u);
}

}  // namespace
}  // namespace bioscope::evidence
