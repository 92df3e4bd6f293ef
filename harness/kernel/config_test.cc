// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {
namespace {

constexpr char kText[] =
    "#\n# Linux/x86 6.1.192 Kernel Configuration\n#\n"
    "CONFIG_BLK_DEV_DM=m\nCONFIG_DM_CRYPT=y\n# CONFIG_IKCONFIG is not set\n"
    "CONFIG_LOCALVERSION=\"-x=y\"\nCONFIG_EMPTY=\"\"\nCONFIG_NR_CPUS=64\nCONFIG_HEX=0x10";

TEST(Config, KnowsWhatIsSet) {
  const auto config = Config::parse(kText).value();
  EXPECT_EQ(config.get("CONFIG_BLK_DEV_DM"), "m");
  EXPECT_EQ(config.get("DM_CRYPT"), "y");
  EXPECT_EQ(config.get("IKCONFIG"), std::nullopt);
  EXPECT_EQ(config.get("LOCALVERSION"), "-x=y");
  EXPECT_EQ(config.get("EMPTY"), "");
  EXPECT_EQ(config.get("NR_CPUS"), "64");
  EXPECT_EQ(config.get("HEX"), "0x10") << "the last line has no newline";
  EXPECT_EQ(config.get("BLK"), std::nullopt);
}

TEST(Config, ReadsAFileAndNamesItInErrors) {
  const forge::Scratch scratch;
  ASSERT_TRUE(write_file(scratch / "config", kText));
  EXPECT_EQ(Config::read(scratch / "config").value().get("NR_CPUS"), "64");
  ASSERT_TRUE(write_file(scratch / "other", "# nothing\nhello=world\n"));
  const auto other = Config::read(scratch / "other");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what, (scratch / "other").string() +
                                    ": it is no kernel configuration: it has no CONFIG_ line");
  EXPECT_EQ(Config::read(scratch / "missing").error().os_error, ENOENT);
}

}  // namespace
}  // namespace bioscope::kernel
