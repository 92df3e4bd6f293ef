// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/text.h"

#include <gtest/gtest.h>

namespace bioscope::report {
namespace {

TEST(Text, WhatCouldMoveACursorIsShown) {
  EXPECT_EQ(one_line("a\x1b[2Jb\rc\x7f"
                     "d\b",
                     99),
            "a?[2Jb?c?d?");
  EXPECT_EQ(one_line("a\nb\tc", 99), "a b c");
  EXPECT_EQ(lines("a\nb\tc\r\n", 99), "a\nb\tc?\n");
  EXPECT_EQ(one_line(std::string_view("\0x", 2), 99), "?x");
  EXPECT_EQ(one_line("\xc2\x9b"
                     "31m",
                     99),
            "?31m");  // CSI in one character
  EXPECT_EQ(one_line("\xe2\x80\xae"
                     "txt",
                     99),
            "?txt");  // right-to-left override
}

TEST(Text, Utf8IsKeptAndWhatIsNoneIsShown) {
  EXPECT_EQ(one_line("12 \xc2\xb5s \xe2\x82\xac \xf0\x9f\x90\xa7", 99),
            "12 \xc2\xb5s \xe2\x82\xac \xf0\x9f\x90\xa7");
  EXPECT_EQ(one_line("\xff\xfe", 99), "??");
  EXPECT_EQ(one_line("\xc3", 99), "?");                 // cut
  EXPECT_EQ(one_line("\xc0\xaf", 99), "??");            // overlong
  EXPECT_EQ(one_line("\xed\xa0\x80", 99), "?");         // surrogate
  EXPECT_EQ(one_line("\xf4\x90\x80\x80", 99), "????");  // beyond Unicode
  EXPECT_EQ(one_line("\xef\xbf\xbf", 99), "?");         // no XML
}

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(one_line("abcdefghi", 8), "abcde...");
  EXPECT_EQ(one_line("\xc2\xb5\xc2\xb5\xc2\xb5\xc2\xb5\xc2\xb5", 4), "\xc2\xb5...");
  EXPECT_EQ(one_line("", 8), "");
  EXPECT_EQ(lines(std::string(100'000, 'x'), 1000).size(), 1000u);
}

}  // namespace
}  // namespace bioscope::report
