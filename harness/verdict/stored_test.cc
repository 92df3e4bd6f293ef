// SPDX-License-Identifier: GPL-2.0-only
#include "harness/verdict/stored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::verdict {
namespace {

using ::testing::HasSubstr;

TEST(Stored, ComesBackAsItWas) {
  const TrialResult result{
      .verdict = Verdict::kFail,
      .seconds = 1.5,
      .findings = {{.oracle = "completes_once",
                    .kind = "completed_twice",
                    .fingerprint = "0123456789abcdef",
                    .summary = "bio 0x10 ended \"twice\"",
                    .frames = {"bio_endio", "clone_endio [dm_mod]"},
                    .object = 0xffff888000001000,
                    .order = 77}},
      .oracles = {{"completes_once", OracleState::kViolated, ""},
                  {"pool_empty_at_exit", OracleState::kUnarmed, "no bioset_exit"}},
      .witnesses = {{"dm_clone_completed", 12}},
      .reasons = {"completes_once: completed_twice"},
      .events = 1000,
      .lost = 3};
  const auto back = parse_result(to_json(result));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(to_json(*back), to_json(result));
  EXPECT_EQ(back->verdict, Verdict::kFail);
  ASSERT_EQ(back->findings.size(), 1u);
  EXPECT_EQ(back->findings[0].object, 0xffff888000001000);
  EXPECT_EQ(back->findings[0].frames, result.findings[0].frames);
  EXPECT_EQ(back->oracles[1].reason, "no bioset_exit");
}

TEST(Stored, WhatIsNoneIsAnError) {
  for (const char* text : {"", "{", "[]", "{}", R"({"verdict": 3})", R"({"verdict": "GOOD"})",
                           R"({"verdict": "PASS", "findings": [{}]})",
                           R"({"verdict": "PASS", "oracles": {"a": {"state": "fine"}}})",
                           R"({"verdict": "PASS", "witnesses": {"a": "many"}})"}) {
    const auto result = parse_result(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().blame, Blame::kUsage);
    EXPECT_THAT(result.error().what, HasSubstr("stored result: "));
  }
}

}  // namespace
}  // namespace bioscope::verdict
