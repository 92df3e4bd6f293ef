// SPDX-License-Identifier: GPL-2.0-only
// Only what asks nothing of the kernel: a test must not put probes into the machine that builds.
#include "guest/loader/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bioscope::loader {
namespace {

using ::testing::HasSubstr;

TEST(Describe, KnowsTheHookOfEachProgram) {
  const auto programs = describe().value();
  const auto hook = [&](std::string_view name) {
    const auto it = std::ranges::find(programs, name, &wire::Program::name);
    return it == programs.end() ? "none" : it->probe + "/" + it->hook;
  };
  EXPECT_EQ(hook("bio_endio"), "bio/fentry:bio_endio");
  EXPECT_EQ(hook("bio_split"), "bio/fexit:bio_split");
  EXPECT_EQ(hook("block_split"), "bio/tp_btf:block_split");
  EXPECT_EQ(hook("dm_map"), "dm/fentry:__map_bio");
  EXPECT_EQ(hook("absent"), "absent/fentry:bioscope_no_such_function");
}

TEST(Describe, LeavesOutWhatHasNoHook) {
  const auto programs = describe().value();
  for (const auto& program : programs) {
    EXPECT_THAT(program.hook, HasSubstr(":")) << program.name;
    EXPECT_FALSE(program.attached);
  }
}

TEST(Describe, LeavesOutTheTwinsOfPreemptibleKernels) {
  const auto programs = describe().value();
  for (const auto& program : programs)
    EXPECT_THAT(program.name, ::testing::Not(::testing::EndsWith("_preempted")));
}

TEST(Describe, AFlavourBearsTheNameOfItsProgram) {
  const auto programs = describe().value();
  std::vector<std::string> hooks;
  for (const auto& program : programs)
    if (program.name == "claim_opened") hooks.push_back(program.hook);
  EXPECT_THAT(hooks, ::testing::ElementsAre("fexit:blkdev_get_by_dev", "fexit:bdev_open"));
}

TEST(Load, AnUnknownGroupIsNamedBesideTheKnown) {
  const auto loader = Loader::load({.probes = {"bio", "bios"}});
  ASSERT_FALSE(loader);
  EXPECT_THAT(loader.error().what,
              HasSubstr("there is no probe group bios; there are absent, bio, "));
  EXPECT_THAT(loader.error().what, HasSubstr("disk, dm, holder"));
}

TEST(Load, ARingIsAPowerOfTwoOfPages) {
  for (const std::uint32_t bytes : {1u, 2048u, 4097u, 12288u, ~0u}) {
    const auto loader = Loader::load({.ring_bytes = bytes});
    ASSERT_FALSE(loader) << bytes;
    EXPECT_THAT(loader.error().what, HasSubstr(std::to_string(bytes)));
    EXPECT_THAT(loader.error().what, HasSubstr("power of two"));
  }
}

}  // namespace
}  // namespace bioscope::loader
