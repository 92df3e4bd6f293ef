// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/own_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::run {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(OwnModule, IsKeptForAReplay) {
  const auto base = fs::temp_directory_path() / fmt::format("bsc-own-module-{}", ::getpid());
  ASSERT_TRUE(make_directories(base));
  ASSERT_TRUE(write_file(base / "my-mod v2.ko", "mine"));
  const std::vector<OwnModule> modules{
      {.file = base / "my-mod v2.ko", .name = "my_mod", .parameters = "size=8 name=x"},
      {.file = base / "my-mod v2.ko", .name = "plain"}};
  EXPECT_EQ(request(modules[0]), "/modules/my_mod.ko size=8 name=x");
  EXPECT_EQ(request(modules[1]), "/modules/plain.ko");

  const auto run = evidence::RunDirectory::create(base, "run", {}).value();
  ASSERT_TRUE(keep(modules, run));
  evidence::Trial trial;
  for (const OwnModule& module : modules) trial.modules.push_back(kept_as(module));
  const auto stored = evidence::parse_trial(evidence::to_json(trial)).value();
  const auto back = kept_modules(stored, run);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].name, "my_mod");
  EXPECT_EQ(back[0].parameters, "size=8 name=x");
  EXPECT_EQ(back[1].parameters, "");
  for (const OwnModule& module : back) EXPECT_EQ(read_file(module.file).value(), "mine");

  const auto gone = keep({{.file = base / "gone.ko", .name = "gone"}}, run);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().what, HasSubstr("gone.ko"));
  fs::remove_all(base);
}

}  // namespace
}  // namespace bioscope::run
