// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/suspicion.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::campaign {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

series::Patch patch(std::string_view file, std::string_view function) {
  return {.diff = fmt::format("diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n"
                              "@@ -10,2 +10,3 @@ {1}\n a\n+b\n c\n",
                              file, function)};
}

const std::vector<std::string> kFrames{
    "bio_endio+0x5 (block/bio.c:1523)", "dec_pending (inlined) (drivers/md/dm.c:940)",
    "clone_endio+0xd0 [dm_mod] (drivers/md/dm.c:1123)", "flush_end_io+0x1b8"};

TEST(Suspicion, FollowsTheCallsToTheirFunctionsAndFiles) {
  const std::vector patches{patch("drivers/md/dm.c", "static void clone_endio(struct bio *bio)"),
                            patch("drivers/md/dm.c", "static void dec_pending(struct dm_io *io)"),
                            patch("drivers/md/dm.c", "static void dm_clone_endio(int x)"),
                            patch("drivers/md/dm-crypt.c", "static void clone_endio(int x)"),
                            patch("block/blk-flush.c", "static void flush_end_io(int x)")};
  const auto found = suspicion(patches, kFrames);
  ASSERT_EQ(found.weights.size(), 5u);
  EXPECT_EQ(found.weights[0], found.weights[1]) << "an inlined function too";
  EXPECT_GT(found.weights[0], found.weights[2]) << "its name is only a part of that one";
  EXPECT_GT(found.weights[2], found.weights[3]) << "another file";
  EXPECT_EQ(found.weights[3], found.weights[4]) << "nobody knows where that frame lies";
  EXPECT_THAT(found.files, ElementsAre("drivers/md/dm.c"));
}

TEST(Suspicion, ProseIsSuspectedLast) {
  auto both = patch("Documentation/block/bio.rst", "");
  both.diff += patch("drivers/md/md.c", "g").diff;
  const std::vector patches{patch("Documentation/block/bio.rst", ""), both,
                            patch("drivers/md/md.c", "g"), series::Patch{.diff = "nothing"}};
  const auto found = suspicion(patches, kFrames);
  EXPECT_LT(found.weights[0], found.weights[1]);
  EXPECT_GT(found.weights[0], 0);
  EXPECT_EQ(found.weights[1], found.weights[2]);
  EXPECT_EQ(found.weights[2], found.weights[3]) << "nobody knows what it changes";
}

TEST(Suspicion, WithoutPlacesAllAreAlike) {
  const std::vector patches{patch("a.c", "f"), patch("b.c", "g")};
  const std::vector<std::string> frames{"f+0x1", "g+0x2 [m]", "", " (", "x (y", "(:"};
  const auto found = suspicion(patches, frames);
  EXPECT_EQ(found.weights[0], found.weights[1]);
  EXPECT_THAT(found.files, IsEmpty());
  EXPECT_THAT(suspicion({}, kFrames).weights, IsEmpty());
}

}  // namespace
}  // namespace bioscope::campaign
