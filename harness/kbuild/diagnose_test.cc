// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/diagnose.h"

#include <gtest/gtest.h>

namespace bioscope::kbuild {
namespace {

TEST(Diagnose, TheFirstErrorOfTheCompilerWithItsLine) {
  const auto found = diagnose(
      "  CC      block/bio.o\n"
      "../block/bio.c: In function 'bio_put':\n"
      "../block/bio.c:10:2: warning: unused\n"
      "../block/bio.c:12:9: error: 'x' undeclared\n"
      "   12 |  return x;\n"
      "      |         ^\n"
      "../block/bio.c:13:9: error: another\n"
      "  CC      block/blk-core.o\n"
      "make[3]: *** [../scripts/Makefile.build:250: block/bio.o] Error 1\n");
  EXPECT_EQ(found.trouble, Trouble::kCode);
  EXPECT_EQ(found.text,
            "../block/bio.c:12:9: error: 'x' undeclared\n   12 |  return x;\n      |         ^");
}

TEST(Diagnose, LinkerAndModpostAreCodeToo) {
  EXPECT_EQ(diagnose("ld: dm.o: in function `f':\ndm.c:1: undefined reference to `g'\n").text,
            "dm.c:1: undefined reference to `g'");
  EXPECT_EQ(diagnose("ERROR: modpost: \"g\" [drivers/md/dm-mod.ko] undefined!\n").trouble,
            Trouble::kCode);
}

TEST(Diagnose, TheHostsTroublesComeFirst) {
  EXPECT_EQ(
      diagnose("a.c:1:1: error: x\n/tmp/cc1.s: fatal error: No space left on device\n").trouble,
      Trouble::kDiskFull);
  EXPECT_EQ(diagnose("gcc: fatal error: Killed signal terminated program cc1\n").trouble,
            Trouble::kKilled);
}

TEST(Diagnose, WhatMakeSaysIsBetterThanNothing) {
  const auto found = diagnose("make: *** No rule to make target 'vmlinux'.  Stop.\n");
  EXPECT_EQ(found.trouble, Trouble::kOther);
  EXPECT_EQ(found.text, "make: *** No rule to make target 'vmlinux'.  Stop.");
  EXPECT_EQ(diagnose("").text, "");
}

TEST(Diagnose, TargetsAreTold) {
  EXPECT_TRUE(is_target_line("  CC [M]  drivers/md/dm.o"));
  EXPECT_TRUE(is_target_line("  BTF     .btf.vmlinux.bin.o"));
  EXPECT_FALSE(is_target_line("make[1]: Entering"));
  EXPECT_FALSE(is_target_line("  a"));
  EXPECT_FALSE(is_target_line("   12 |  return x;"));
}

}  // namespace
}  // namespace bioscope::kbuild
