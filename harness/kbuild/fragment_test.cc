// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/fragment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/kbuild/embedded.h"
#include "harness/kbuild/kconfig.h"

namespace bioscope::kbuild {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Fragment, LinesReasonsAndRefusals) {
  const auto wishes =
      parse_fragment(
          "# why\n\nCONFIG_A=y  # reason\n# CONFIG_B is not set\nCONFIG_C=\"a # b\" # c\n"
          "CONFIG_D=-1\nCONFIG_E=m\r\n",
          "f")
          .value();
  ASSERT_EQ(wishes.size(), 5u);
  EXPECT_EQ(wishes[0].symbol + wishes[0].value, "Ay");
  EXPECT_EQ(wishes[0].origin, "f:3");
  EXPECT_EQ(wishes[1].symbol + wishes[1].value, "Bn");
  EXPECT_EQ(wishes[2].value, "\"a # b\"");
  EXPECT_EQ(wishes[3].value, "-1");
  EXPECT_EQ(wishes[4].value, "m");
  for (const char* line : {"A=y", "CONFIG_A", "CONFIG_=y", "CONFIG_A=", "CONFIG_A=y m",
                           "CONFIG_A=\"open", "CONFIG_A B=y", "select A"}) {
    const auto refused = parse_fragment(line, "f");
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().blame, Blame::kUsage);
    EXPECT_THAT(refused.error().what, HasSubstr("f:1: "));
  }
}

TEST(Fragment, TheLaterWishCounts) {
  const auto wishes = parse_fragment("CONFIG_A=y\nCONFIG_B=m\nCONFIG_A=n\n", "f").value();
  EXPECT_EQ(to_config(wishes), "# CONFIG_A is not set\nCONFIG_B=m\n");
  EXPECT_THAT(unmet(wishes, "CONFIG_B=m\n"), IsEmpty());
}

TEST(Fragment, WhatWasNotGranted) {
  const auto wishes =
      parse_fragment("CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=n\nCONFIG_D=4\nCONFIG_E=y\n", "f").value();
  const auto lacking =
      unmet(wishes, "CONFIG_A=m\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_D=5\n# CONFIG_E is not set\n");
  std::vector<std::string> found;
  for (const auto& one : lacking) found.push_back(one.wish.symbol + one.actual);
  EXPECT_THAT(found, ElementsAre("Am", "Cy", "D5", "En"));
}

// "each line says why"
TEST(Fragment, OursGiveAReasonPerLineAndNameASymbolOnce) {
  for (const auto& [name, text] : kEmbedded) {
    std::set<std::string> symbols;
    for (const auto& wish : embedded_fragment(name))
      EXPECT_TRUE(symbols.insert(wish.symbol).second) << name << ": " << wish.symbol;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (!line.starts_with("CONFIG_")) continue;
      EXPECT_THAT(std::string(line), HasSubstr("  # "));
    }
  }
}

constexpr char kKconfig[] = R"(
menuconfig MD
	bool "md"
	depends on BLOCK
	help
	  depends on nothing.

	  config FAKE
if MD
config DM
	tristate "dm"
	depends on DAX || \
		DAX=n
	select BUF
choice
	prompt "kind"
config KIND_A
	bool "a"
endchoice
endif # MD
menu "other"
	depends on NET
config OTHER
	bool
endmenu
)";

TEST(Kconfig, FollowsBlocks) {
  const auto of = [](const char* symbol) { return definitions(kKconfig, symbol, "K"); };
  EXPECT_THAT(of("MD").at(0).depends, ElementsAre("BLOCK"));
  EXPECT_THAT(of("DM").at(0).depends, ElementsAre("DAX || DAX=n", "MD"));
  EXPECT_TRUE(of("KIND_A").at(0).choice);
  EXPECT_FALSE(of("DM").at(0).choice);
  EXPECT_THAT(of("OTHER").at(0).depends, ElementsAre("NET"));
  EXPECT_THAT(of("FAKE"), IsEmpty());
  EXPECT_THAT(of("NOWHERE"), IsEmpty());
}

TEST(Kconfig, DamageIsNoCrash) {
  for (const char* text : {"endif\n", "if\n", "config\n", "\\", "menu\nif X\nconfig A\n", "help\n"})
    definitions(text, "A", "K");
}

TEST(Kconfig, TellsWhichSymbolsLack) {
  EXPECT_THAT(missing({"A && !B", "C=y || (D && A)"}, "CONFIG_A=y\nCONFIG_D=m\n"),
              ElementsAre("B", "C"));
}

}  // namespace
}  // namespace bioscope::kbuild
