// SPDX-License-Identifier: GPL-2.0-only
// Lines of /proc/kallsyms in pieces.
#include "guest/wire/kallsyms.h"

#include <gtest/gtest.h>

namespace bioscope::wire {
namespace {

constexpr std::string_view kFile =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000040 t bio_chain_endio\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffff83000000 W weak\n"
    "ffffffffc0000000 t clone_endio\t[dm_mod]\n"
    "ffffffffc0001000 t late\n";

constexpr std::string_view kText =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000040 t bio_chain_endio\n"
    "ffffffff83000000 W weak\n";

TEST(Kallsyms, PiecesOfAnySizeGiveTheSameLines) {
  for (std::size_t size = 1; size <= kFile.size(); ++size) {
    TextSymbols symbols;
    std::string lines;
    for (std::size_t at = 0; at < kFile.size(); at += size) {
      EXPECT_EQ(symbols.ended(), at > kFile.find("[dm_mod]\n") + 8) << size << " at " << at;
      lines += symbols.feed(kFile.substr(at, size));
    }
    EXPECT_EQ(lines, kText) << size;
  }
}

TEST(Kallsyms, AnAddressIsThatOfTheWholeName) {
  EXPECT_EQ(symbol_address(kText, "_stext"), 0xffffffff81000000);
  EXPECT_EQ(symbol_address(kText, "bio_chain_endio"), 0xffffffff81000040);
  EXPECT_EQ(symbol_address(kText, "bio_chain"), 0u);
  EXPECT_EQ(symbol_address(kText, "endio"), 0u);
  EXPECT_EQ(symbol_address("", "_stext"), 0u);
}

TEST(Kallsyms, HiddenAddressesAreNone) {
  EXPECT_EQ(symbol_address("0000000000000000 T _stext\n", "_stext"), 0u);
  EXPECT_EQ(hex_address("zz"), 0u);
}

}  // namespace
}  // namespace bioscope::wire
