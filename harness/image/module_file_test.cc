// SPDX-License-Identifier: GPL-2.0-only
// Modules of a user's own: what they say, and which kernel takes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/image/archive_fixture.h"
#include "harness/image/image.h"
#include "harness/image/module_fixture.h"

namespace bioscope::image {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ModuleFileTest : public Temporary {
 protected:
  std::filesystem::path mine(const std::string& content) {
    EXPECT_TRUE(write_file(base_ / "my-mod.ko", content));
    return base_ / "my-mod.ko";
  }

  // Whether a kernel of kRelease takes a module, and what is said if not.
  std::string check(const FakeModule& module, const std::filesystem::path& directory) {
    const auto file = mine(module_file(module));
    const auto said = read_module_file(file).value();
    const auto checked = check_module_file(file, said, directory, kRelease);
    if (checked) return "";
    EXPECT_EQ(checked.error().blame, Blame::kUsage);
    EXPECT_THAT(checked.error().what, AllOf(HasSubstr(file.string()), HasSubstr(kRelease)));
    return checked.error().what;
  }

  // One that has a module with these.
  std::filesystem::path kernel(const FakeModule& own) {
    FakeKernel kernel(base_ / std::to_string(++kernels_));
    kernel.add("kernel/own.ko", own);
    kernel.depmod();
    return kernel.directory();
  }

 private:
  int kernels_ = 0;
};

TEST_F(ModuleFileTest, SaysWhatItNeeds) {
  const auto module = read_module_file(mine(module_file(
      {.info = {"depends=dm-mod,brd", "vermagic=6.1.0 SMP mod_unload"}, .layout = 77})));
  EXPECT_THAT(module.value().needs, ElementsAre("dm-mod", "brd"));
  EXPECT_EQ(module->vermagic, "6.1.0 SMP mod_unload");
  EXPECT_EQ(module->layout, 77u);
  EXPECT_EQ(module->name, "my_mod") << "an old one does not say";
  const auto named =
      read_module_file(mine(module_file({.info = {"depends=", "name=other", "vermagic=6.1.0"}})));
  EXPECT_THAT(named.value().needs, IsEmpty());
  EXPECT_EQ(named->name, "other");
  EXPECT_FALSE(named->layout);
}

TEST_F(ModuleFileTest, ThatIsNoneIsNamed) {
  EXPECT_THAT(read_module_file(base_ / "none.ko").error().what, HasSubstr("none.ko is no file"));
  for (const std::string& content :
       {std::string(), std::string("root:x:0:0"), std::string("\177ELF"),
        std::string("\xfd"
                    "7zXZ compressed"),
        module_file({})}) {
    const auto file = mine(content);
    const auto module = read_module_file(file);
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().blame, Blame::kUsage);
    EXPECT_THAT(module.error().what, HasSubstr(file.string()));
  }
}

TEST_F(ModuleFileTest, OfAnotherKernelIsRefused) {
  const std::string flags = " SMP preempt mod_unload modversions ";
  const auto vermagic = [&](const std::string& release) { return "vermagic=" + release + flags; };
  const auto sums = kernel({.info = {vermagic(kRelease)}, .layout = 7});
  EXPECT_EQ(check({.info = {vermagic(kRelease)}, .layout = 7}, sums), "");
  EXPECT_EQ(check({.info = {vermagic("6.1.0-old")}, .layout = 7}, sums), "")
      << "with checksums the release does not count";
  EXPECT_THAT(check({.info = {vermagic(kRelease)}, .layout = 8}, sums),
              HasSubstr(kRelease + flags.substr(0, flags.size() - 1)));
  EXPECT_NE(check({.info = {"vermagic=6.1.0-fake SMP mod_unload modversions "}, .layout = 7}, sums),
            "");
  EXPECT_NE(check({.info = {vermagic("6.1.0-old")}}, sums), "") << "it has none itself";

  const auto plain = kernel({.info = {"vermagic=6.1.0-fake SMP "}});
  EXPECT_EQ(check({.info = {"vermagic=6.1.0-fake SMP "}}, plain), "");
  EXPECT_THAT(check({.info = {"vermagic=6.12.1 SMP "}}, plain), HasSubstr("6.12.1 SMP, and"));

  EXPECT_EQ(check({.info = {vermagic(kRelease)}}, {}), "") << "a kernel without modules";
  EXPECT_NE(check({.info = {vermagic("6.12.1")}}, {}), "");
}

}  // namespace
}  // namespace bioscope::image
