// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/module_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kTable[] =
    "module dm_mod /m/dm-mod.ko\n"
    "module virtio_ring /m/virtio_ring.ko\n"
    "module virtio /m/virtio.ko virtio_ring\n"
    "module virtio_pci /m/virtio_pci.ko virtio virtio-ring\n"
    "module dm-crypt /m/dm-crypt.ko dm_mod\n"
    "module xts /m/xts.ko\n"
    "module lost /m/lost.ko nowhere\n"
    "module soft /m/soft.ko dm_mod\n"
    "module after /m/after.ko\n"
    "alias crypto-xts xts\n"
    "alias crypto-template-* xts\n"
    "alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci\n"
    "alias pci:v00001AF4d* virtio_ring\n"
    "alias of:N*T*Cfoo[-_]bar dm_mod\n"
    "softdep soft pre lost\n"
    "softdep soft pre crypto-xts\n"
    "softdep soft post after\n"
    "softdep soft post soft\n"
    "builtin loop\n"
    "module uses_builtin /m/u.ko loop\n"
    "of_tomorrow whatever\n"
    "\n";

ModuleTable table() { return ModuleTable::parse(kTable).value(); }

std::vector<std::string> names(const Result<std::vector<Module>>& modules) {
  std::vector<std::string> all;
  if (!modules) return {modules.error().what};
  for (const auto& module : *modules) all.push_back(module.name);
  return all;
}

TEST(ModuleTable, DependenciesComeFirstAndOnce) {
  EXPECT_THAT(names(table().closure("virtio_pci")),
              ElementsAre("virtio_ring", "virtio", "virtio_pci"));
  EXPECT_EQ(table().closure("dm_mod").value().front().path, "/m/dm-mod.ko");
}

TEST(ModuleTable, DashAndUnderscoreAreEqual) {
  EXPECT_THAT(names(table().closure("dm-crypt")), ElementsAre("dm_mod", "dm_crypt"));
  EXPECT_THAT(table().resolve("dm-mod"), ElementsAre("dm_mod"));
  EXPECT_THAT(table().resolve("crypto_xts"), ElementsAre("xts"));
}

TEST(ModuleTable, AliasesAreShellPatterns) {
  EXPECT_THAT(table().resolve("crypto-xts"), ElementsAre("xts"));
  EXPECT_THAT(table().resolve("crypto-template-xts"), ElementsAre("xts"));
  EXPECT_THAT(table().resolve("pci:v00001AF4d00001003sv0sd0bc07sc80i00"),
              ElementsAre("virtio_pci", "virtio_ring"));
  EXPECT_THAT(table().resolve("of:NxTyCfoo-bar"), ElementsAre("dm_mod"));
  EXPECT_THAT(table().resolve("crypto-serpent"), IsEmpty());
  EXPECT_THAT(table().resolve(""), IsEmpty());
}

TEST(ModuleTable, SoftDependenciesAreTriedAndDoneWithout) {
  EXPECT_THAT(names(table().closure("soft")), ElementsAre("xts", "dm_mod", "soft", "after"));
}

TEST(ModuleTable, BuiltinsNeedNothing) {
  EXPECT_TRUE(table().builtin("loop"));
  EXPECT_FALSE(table().builtin("dm_mod"));
  EXPECT_THAT(names(table().closure("loop")), IsEmpty());
  EXPECT_THAT(names(table().closure("uses_builtin")), ElementsAre("uses_builtin"));
}

TEST(ModuleTable, AMissingModuleIsNamedWithWhoNeedsIt) {
  EXPECT_EQ(table().closure("brd").error().what, "the image holds no module brd");
  EXPECT_EQ(table().closure("lost").error().what, "lost: the image holds no module nowhere");
}

TEST(ModuleTable, ACycleEnds) {
  const auto cycle = ModuleTable::parse("module a /a b\nmodule b /b a\n").value();
  EXPECT_THAT(names(cycle.closure("a")), ElementsAre("b", "a"));
}

TEST(ModuleTable, ABadLineIsNamed) {
  EXPECT_EQ(ModuleTable::parse("module a /a\nmodule b\n").error().what,
            "line 2 of the module table lacks a word: module b");
  EXPECT_FALSE(ModuleTable::parse("alias a\n"));
  EXPECT_FALSE(ModuleTable::parse("softdep a pre\n"));
  EXPECT_FALSE(ModuleTable::parse("builtin\n"));
  EXPECT_TRUE(ModuleTable::parse(""));
}

}  // namespace
}  // namespace bioscope::agent
