// SPDX-License-Identifier: GPL-2.0-only
// bioscope nvdimm check and crash: what they print and what they refuse.
#include <nlohmann/json.hpp>

#include "harness/cli/program_fixture.h"

namespace bioscope::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using NvdimmVerb = ProgramTest;

// Of the fuzzer's corpus: 28 sectors of 64 bytes.
std::string table(const char* name) {
  return std::string(BSC_SOURCE_DIR) + "/harness/fuzz/corpus/btt/" + name;
}

process::Exit check(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"nvdimm", "check"});
  return call({.arguments = arguments});
}

TEST_F(NvdimmVerb, ACleanTable) {
  const auto exit = check({table("whole")});
  EXPECT_EQ(exit.code, 0) << exit.err;
  EXPECT_THAT(exit.out, AllOf(HasSubstr("28 sectors of 64 bytes"), HasSubstr("clean")));
}

TEST_F(NvdimmVerb, ADamagedTableAsJson) {
  const auto exit = check({table("held-twice"), "--json", "-"});
  EXPECT_EQ(exit.code, 1) << exit.err;
  const auto result = nlohmann::json::parse(exit.out);
  EXPECT_EQ(result["clean"], false);
  EXPECT_EQ(result["arenas"][0]["sectors"], 28);
  EXPECT_EQ(result["inconsistencies"][0]["kind"], "permutation");
  EXPECT_EQ(result["inconsistencies"][0]["block"], 29);
}

TEST_F(NvdimmVerb, WhatHasNoTable) {
  EXPECT_ONE_ERROR(check({"/nowhere"}), HasSubstr("/nowhere"));
  EXPECT_ONE_ERROR(check({"/"}), HasSubstr("neither a file nor a block device"));
  EXPECT_ONE_ERROR(check({file("empty", "")}), HasSubstr("--offset"));
  EXPECT_ONE_ERROR(check({file("text", "no table")}), HasSubstr("no block translation table"));
  EXPECT_ONE_ERROR(check({table("whole"), "--offset", "1M"}), HasSubstr("--offset 1048576"));
}

process::Exit crash(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"nvdimm", "crash"});
  return call({.arguments = arguments});
}

TEST_F(NvdimmVerb, WhatIsNoRunOfCrashImages) {
  EXPECT_ONE_ERROR(crash({"/nowhere"}), HasSubstr("/nowhere"));
  EXPECT_ONE_ERROR(crash({"/nowhere", "--samples", "3"}), HasSubstr("--out"));
  EXPECT_ONE_ERROR(crash({"/nowhere", "--most", "0"}), HasSubstr("--most"));
}

}  // namespace
}  // namespace bioscope::cli
