// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/attribute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::scenario {
namespace {

using testing::HasSubstr;

TEST(Attribute, ParsesWholeNumbersOnly) {
  EXPECT_EQ(parse_number("0").value(), 0u);
  EXPECT_EQ(parse_number("18446744073709551615").value(), ~std::uint64_t{0});
  for (const char* text : {"", " 1", "1 ", "-1", "0x10", "18446744073709551616", "1\n"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Attribute, ReadsWithoutTheLineEnd) {
  const auto pid = read_attribute("/proc/sys/kernel/ostype");
  ASSERT_TRUE(pid) << pid.error().text();
  EXPECT_EQ(*pid, "Linux");
}

TEST(Attribute, BlamesTheGuestAndNamesThePath) {
  const auto missing = read_attribute("/proc/no/such");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().blame, Blame::kGuest);
  EXPECT_EQ(missing.error().os_error, ENOENT);
  EXPECT_THAT(missing.error().what, HasSubstr("/proc/no/such"));

  const auto refused = write_attribute("/proc/self/comm/x", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().blame, Blame::kGuest);
  EXPECT_THAT(refused.error().text(), HasSubstr("cannot open /proc/self/comm/x to write \"1\""));
}

TEST(Attribute, WritesInPlace) {
  ASSERT_TRUE(write_attribute("/proc/self/comm", "bsc-attribute"));
  EXPECT_EQ(read_attribute("/proc/self/comm").value(), "bsc-attribute");
}

}  // namespace
}  // namespace bioscope::scenario
