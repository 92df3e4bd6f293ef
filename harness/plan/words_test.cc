// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/words.h"

#include <gtest/gtest.h>

namespace bioscope::plan {
namespace {

TEST(InWords, ADelay) {
  EXPECT_EQ(in_words({.name = "late",
                      .kind = "delay",
                      .at = {.hook = "entry:clone_endio",
                             .where = {.task = "bsc/*", .flags = {"fua", "sync"}}},
                      .delay_us = 500}),
            "late: call 1 of the entry of clone_endio (task bsc/*, flags fua+sync) held up for "
            "500 us");
}

TEST(InWords, ARendezvous) {
  EXPECT_EQ(in_words({.name = "meet",
                      .kind = "rendezvous",
                      .at = {.hook = "point:dm_suspend"},
                      .until = {.hook = "exit:dm_submit_bio", .where = {.device = "dm-0"}},
                      .hit = 2,
                      .count = 3,
                      .delay_us = 9}),
            "meet: each of calls 2 to 4 of the race point dm_suspend waits for the return from "
            "dm_submit_bio (device dm-0), at most 9 us");
}

TEST(InWords, AnError) {
  EXPECT_EQ(in_words({.name = "bad", .kind = "error", .at = {.hook = "bio"}}),
            "bad: call 1 of the submission of a bio fails");
}

}  // namespace
}  // namespace bioscope::plan
