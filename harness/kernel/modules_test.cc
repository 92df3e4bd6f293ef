// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr char kRelease[] = "9.9.9-forged";

class ModulesTest : public testing::Test {
 protected:
  // As a package has it: modules, and lists that the kernel's build made.
  fs::path unpacked() {
    const auto root = scratch_ / "tree/lib/modules/9.9.9-forged";
    add(root / "kernel/drivers/md/dm-mod.ko", forge::module(kRelease));
    add(root / "kernel/drivers/md/dm-crypt.ko.xz", forge::packed(forge::module(kRelease), "xz"));
    add(root / "modules.builtin", "kernel/drivers/block/brd.ko\n");
    add(root / "modules.order", "kernel/drivers/md/dm-mod.ko\n");
    return root;
  }

  static void add(const fs::path& path, std::string_view content) {
    ASSERT_TRUE(make_directories(path.parent_path()));
    ASSERT_TRUE(write_file(path, content));
  }

  Options options() {
    return {.cache = scratch_ / "cache",
            .progress = [this](std::string_view line) { said_.emplace_back(line); }};
  }

  std::string problem(const fs::path& given) {
    const auto modules = given_modules(given, kRelease);
    if (modules) return "";
    EXPECT_EQ(modules.error().blame, Blame::kUsage);
    return modules.error().what;
  }

  forge::Scratch scratch_;
  std::vector<std::string> said_;
};

TEST_F(ModulesTest, AnUnpackedDirectoryIsIndexedBesideItself) {
  const auto raw = unpacked();
  const auto modules = indexed_modules(raw, options()).value();
  EXPECT_EQ(modules.filename(), kRelease);
  for (const char* file : {"modules.dep", "modules.dep.bin", "modules.alias", "modules.softdep"})
    EXPECT_TRUE(fs::exists(modules / file)) << file;
  EXPECT_FALSE(fs::exists(raw / "modules.dep")) << "the package's tree was changed";
  const auto index = ModuleIndex::read(modules).value();
  EXPECT_EQ(index.file("dm_mod"), modules / "kernel/drivers/md/dm-mod.ko");
  EXPECT_EQ(index.file("dm-mod"), index.file("dm_mod"));
  EXPECT_TRUE(read_module(index.file("dm-crypt").value()).value() == forge::module(kRelease));
  EXPECT_EQ(index.file("brd"), std::nullopt);
  EXPECT_TRUE(index.builtin("brd"));
  EXPECT_FALSE(index.builtin("dm_mod"));

  EXPECT_EQ(said_.size(), 1u);
  EXPECT_EQ(indexed_modules(raw, options()).value(), modules);
  EXPECT_EQ(said_.size(), 1u) << "it was indexed again";
  fs::remove(modules / "modules.dep.bin");
  EXPECT_EQ(indexed_modules(raw, options()).value(), modules);
  EXPECT_TRUE(fs::exists(modules / "modules.dep.bin"));
}

TEST_F(ModulesTest, AUsersDirectoryIsTakenInItsUsualPlaces) {
  const auto modules = indexed_modules(unpacked(), options()).value();
  EXPECT_EQ(given_modules(modules, kRelease).value(), modules);
  const auto base = modules.parent_path().parent_path().parent_path();
  EXPECT_EQ(given_modules(base, kRelease).value(), modules);
  EXPECT_EQ(given_modules(modules.parent_path(), kRelease).value(), modules);
}

TEST_F(ModulesTest, AUsersDirectoryThatDoesNotFitIsRefused) {
  EXPECT_THAT(problem(unpacked()), HasSubstr("there is no modules.dep of 9.9.9-forged"));
  EXPECT_THAT(problem(scratch_ / "missing"), HasSubstr("there is no modules.dep"));
  const auto modules = indexed_modules(unpacked(), options()).value();
  const auto other = given_modules(modules, "8.8.8");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what,
            fmt::format("modules {}: they are of 9.9.9-forged, the kernel is 8.8.8; give the "
                        "modules of the same build",
                        modules.string()));
  fs::remove_all(scratch_ / "tree");
  EXPECT_THAT(problem(modules), HasSubstr("No such file"));
}

TEST_F(ModulesTest, ADirectoryWithoutModulesIsFine) {
  add(scratch_ / "empty/modules.dep", "");
  EXPECT_EQ(given_modules(scratch_ / "empty", kRelease).value(), scratch_ / "empty");
}

TEST_F(ModulesTest, AModuleThatIsDamagedIsNamed) {
  const auto file = scratch_ / "x.ko.xz";
  add(file, forge::packed(forge::module(kRelease), "xz").substr(0, 50));
  const auto content = read_module(file);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().what, HasSubstr(file.string() + ": its xz data is damaged"));
}

}  // namespace
}  // namespace bioscope::kernel
