// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/image/archive_fixture.h"
#include "harness/image/image.h"
#include "harness/image/module_fixture.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> names(const Closure& closure) {
  std::vector<std::string> result;
  for (const auto& module : closure.modules) result.push_back(module.name);
  return result;
}

class ModuleTest : public Temporary {
 protected:
  void SetUp() override {
    Temporary::SetUp();
    kernel_.emplace(base_);
    kernel_->add("kernel/md/dm-mod.ko", {.exports = {"dm_register"}});
    kernel_->add("kernel/md/dm-crypt.ko", {.info = {"alias=dm-crypt-target", "softdep=pre: xts"},
                                           .imports = {"dm_register", "queue_work"}});
    kernel_->add("kernel/crypto/gf.ko", {.exports = {"gf_mul"}});
    kernel_->add(
        "kernel/crypto/xts.ko",
        {.info = {"alias=crypto-xts", "alias=xts(*)", "softdep=post: aes"}, .imports = {"gf_mul"}});
    kernel_->add("kernel/crypto/aes_a.ko", {.info = {"alias=aes"}});
    kernel_->add("kernel/crypto/aes_b.ko", {.info = {"alias=aes"}});
    kernel_->add("kernel/block/brd.ko", {.info = {"alias=block-major-1-*", "alias=rd"}});
    kernel_->add("kernel/block/other.ko", {.info = {"alias=other-*", "softdep=pre: absent"}});
    kernel_->add_builtin("kernel/block/loop-core.ko\nkernel/fs/ext4.ko\n");
    kernel_->depmod();
  }

  Result<Closure> find(const std::vector<std::string>& needs,
                       const std::vector<std::string>& optional = {}) {
    return find_closure(kernel_->directory(), needs, optional);
  }

  std::optional<FakeKernel> kernel_;
};

TEST_F(ModuleTest, DependenciesAndSoftDependenciesComeInAnOrderThatLoads) {
  const auto closure = find({"dm_crypt"}).value();
  EXPECT_THAT(names(closure), ElementsAre("gf", "xts", "aes_a", "aes_b", "dm_mod", "dm_crypt"));
  const auto& crypt = closure.modules.back();
  EXPECT_THAT(crypt.depends, ElementsAre("dm_mod"));
  EXPECT_THAT(crypt.before, ElementsAre("xts"));
  EXPECT_EQ(crypt.path, kernel_->directory() / "kernel/md/dm-crypt.ko");
}

TEST_F(ModuleTest, NamesMayHaveDashesAndAliasesMeanAllThatHaveThem) {
  EXPECT_THAT(names(find({"dm-mod"}).value()), ElementsAre("dm_mod"));
  EXPECT_THAT(names(find({"crypto-xts"}).value()), testing::Contains("xts"));
  EXPECT_THAT(names(find({"aes"}).value()), testing::UnorderedElementsAre("aes_a", "aes_b"));
}

TEST_F(ModuleTest, BuiltinNeedsAreTold) {
  const auto closure = find({"loop-core", "brd", "ext4", "ext4"}).value();
  EXPECT_THAT(names(closure), ElementsAre("brd"));
  EXPECT_THAT(closure.builtin, ElementsAre("loop-core", "ext4"));
}

TEST_F(ModuleTest, OptionsMayBeAbsentNeedsMayNot) {
  EXPECT_THAT(names(find({"brd"}, {"nothing", "dm_mod"}).value()), ElementsAre("brd", "dm_mod"));
  const auto closure = find({"brd", "nothing", "dm_mod", "nowhere"});
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().blame, Blame::kUsage);
  EXPECT_THAT(closure.error().what,
              AllOf(HasSubstr("nothing, nowhere"), HasSubstr(kernel_->directory().string())));
}

TEST_F(ModuleTest, ADirectoryThatDepmodHasNotSeenIsNamed) {
  fs::remove(kernel_->directory() / "modules.dep.bin");
  const auto closure = find({"brd"});
  ASSERT_FALSE(closure);
  EXPECT_EQ(closure.error().blame, Blame::kUsage);
  EXPECT_THAT(closure.error().what,
              AllOf(HasSubstr("depmod"), HasSubstr(kernel_->directory().string())));
}

TEST_F(ModuleTest, AFileThatIsGoneIsNamed) {
  fs::remove(kernel_->directory() / "kernel/md/dm-mod.ko");
  const auto closure = find({"dm_crypt"});
  ASSERT_FALSE(closure);
  EXPECT_THAT(closure.error().what, HasSubstr("kernel/md/dm-mod.ko"));
  EXPECT_THAT(find({"dm_mod"}).error().what, HasSubstr("dm_mod"));
}

TEST_F(ModuleTest, AKernelWithoutModulesHasNoneToGive) {
  EXPECT_THAT(find_closure({}, {}, {"pvpanic"}).value().modules, IsEmpty());
  EXPECT_THAT(find_closure({}, {"brd"}, {}).error().what, HasSubstr("brd"));
}

TEST_F(ModuleTest, WithoutBuiltinAndSoftdepFilesTheRestWorks) {
  for (const char* file :
       {"modules.builtin", "modules.builtin.bin", "modules.softdep", "modules.builtin.alias.bin"})
    fs::remove(kernel_->directory() / file);
  const auto closure = find({"dm_crypt"}, {"ext4"}).value();
  EXPECT_THAT(names(closure), ElementsAre("dm_mod", "dm_crypt"));
  EXPECT_TRUE(module_table(kernel_->directory(), closure));
}

TEST_F(ModuleTest, TheTableSaysAllThatTheAgentNeeds) {
  const auto closure = find({"dm_crypt", "other"}).value();
  const auto table = module_table(kernel_->directory(), closure).value();
  EXPECT_EQ(table,
            "module gf /lib/modules/6.1.0-fake/kernel/crypto/gf.ko\n"
            "module xts /lib/modules/6.1.0-fake/kernel/crypto/xts.ko gf\n"
            "module aes_a /lib/modules/6.1.0-fake/kernel/crypto/aes_a.ko\n"
            "module aes_b /lib/modules/6.1.0-fake/kernel/crypto/aes_b.ko\n"
            "module dm_mod /lib/modules/6.1.0-fake/kernel/md/dm-mod.ko\n"
            "module dm_crypt /lib/modules/6.1.0-fake/kernel/md/dm-crypt.ko dm_mod\n"
            "module other /lib/modules/6.1.0-fake/kernel/block/other.ko\n"
            "softdep xts post aes_a\n"
            "softdep xts post aes_b\n"
            "softdep dm_crypt pre xts\n"
            "alias dm-crypt-target dm_crypt\n"
            "alias crypto-xts xts\n"
            "alias xts(*) xts\n"
            "alias aes aes_a\n"
            "alias aes aes_b\n"
            "alias other-* other\n"
            "builtin loop_core\n"
            "builtin ext4\n");
}

TEST_F(ModuleTest, CompressedModulesAreUncompressedInTheGuest) {
  for (const char* suffix : {"", ".xz", ".zst", ".gz"})
    EXPECT_EQ(
        guest_path("/k/lib/modules/6.1",
                   {.name = "a", .path = "/k/lib/modules/6.1/kernel/a.ko" + std::string(suffix)}),
        "/lib/modules/6.1/kernel/a.ko");
}

}  // namespace
}  // namespace bioscope::image
