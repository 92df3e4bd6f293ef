// SPDX-License-Identifier: GPL-2.0-only
// The fourth proof of each oracle: records of kernels with a planted bug, kept in proof/.
#include "harness/oracle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "harness/oracle/cut.h"
#include "harness/testing/tape.h"

namespace bioscope::oracle {
namespace {

using ::testing::HasSubstr;
using testing::Tape;
namespace fs = std::filesystem;

const fs::path kProofs = fs::path(BSC_SOURCE_DIR) / "harness/oracle/proof";

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> kept() {
  std::vector<fs::path> all;
  std::error_code missing;  // as long as nothing is proven
  for (const auto& entry : fs::recursive_directory_iterator(kProofs, missing))
    if (entry.path().extension() == ".tape") all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

class Kept : public ::testing::TestWithParam<fs::path> {};

TEST_P(Kept, GivesTheFindingAtItsRecordAgain) {
  const auto proof = parse_proof(read(GetParam()));
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_EQ(proof->oracle, GetParam().parent_path().filename()) << "it lies in another's folder";
  EXPECT_EQ(proof->kernel, "built:" + GetParam().stem().string());
  EXPECT_TRUE(holds(*proof));
  EXPECT_LE(read(GetParam()).size(), 16u << 10) << "it is not cut down";
}

// What proves the finding is the record at its order: without it there is nothing to find there.
TEST_P(Kept, FindsNothingThereWithoutThatRecord) {
  auto proof = parse_proof(read(GetParam())).value();
  std::erase_if(proof.records, [&](const auto& record) {
    return evidence::record_of(record).order == proof.order;
  });
  EXPECT_FALSE(holds(proof));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Kept);
INSTANTIATE_TEST_SUITE_P(Proofs, Kept, ::testing::ValuesIn(kept()), [](const auto& proof) {
  std::string name =
      proof.param.parent_path().filename().string() + "_" + proof.param.stem().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
});

// Which oracles count as proven follows from the files alone.
TEST(Proof, AnOracleIsProvenAsLongAsItHasOne) {
  std::set<std::string> proven;
  for (const fs::path& path : kept()) proven.insert(path.parent_path().filename());
  for (const OracleInfo& info : all_oracles()) {
    if (info.make == nullptr) continue;
    EXPECT_EQ(info.proven, proven.contains(std::string(info.name))) << info.name;
  }
}

TEST(Proof, DocsTellWhichOraclesAreProven) {
  std::istringstream docs(read(fs::path(BSC_SOURCE_DIR) / "docs/writing-an-oracle.md"));
  for (std::string line; std::getline(docs, line);)
    for (const OracleInfo& info : all_oracles()) {
      const auto row = fmt::format("| {} | `{}` |", info.letter, info.name);
      if (info.make == nullptr || !line.starts_with(row)) continue;
      EXPECT_TRUE(line.ends_with(info.proven ? "| yes |" : "| no |")) << line;
    }
}

TEST(Proof, ReadsBackWhatItWrote) {
  Tape tape;
  tape.alloc(0x9000).submit(0x9000).endio(0x9000).endio(0x9000);
  Proof proof{.kernel = "built:mutant",
              .scenario = "dm/any",
              .oracle = "completes_once",
              .kind = "completed_twice",
              .object = 0x9000,
              .order = tape.last_order(),
              .records = tape.records()};
  EXPECT_TRUE(holds(proof));
  const auto back = parse_proof(to_text(proof));
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(to_text(*back), to_text(proof));
  EXPECT_TRUE(holds(*back));
  proof.order = 3;
  EXPECT_FALSE(holds(proof));
}

TEST(Proof, SaysWhatItCannotRead) {
  const auto error = [](std::string_view text) {
    const auto proof = parse_proof(text);
    return proof ? std::string("no error") : proof.error().text();
  };
  EXPECT_THAT(error(""), HasSubstr("needs oracle"));
  EXPECT_THAT(error("oracle: a\nobject: none\n"), HasSubstr("line 2"));
  EXPECT_THAT(error("oracle: a\nsurprise: b\n"), HasSubstr("line 2"));
  EXPECT_THAT(error("oracle: a\nkind: b\norder: 3\n\nnonsense\n"), HasSubstr("line 5"));
}

TEST(Cut, KeepsTheObjectAndWhatAppearsBesideItFromTheirBirthOn) {
  constexpr std::uint64_t kMaster = 0x1000, kClone = 0x2000, kOther = 0x5000;
  Tape tape;
  tape.alloc(kClone)
      .free(kClone)
      .alloc(kMaster)
      .submit(kMaster)
      .alloc(kOther)
      .submit(kOther)
      .alloc(kClone)
      .clone(kClone, kMaster)
      .map(kClone, kMaster)
      .submit(kClone)
      .suspended()
      .endio(kOther)
      .free(kOther)
      .endio(kMaster)
      .endio(kClone);
  std::vector<const bsc_record*> all;
  for (const auto& bytes : tape.records()) all.push_back(&Tape::record(bytes));
  const auto findings = replay(*find_oracle("clone_before_master"), all);
  ASSERT_FALSE(findings.empty());
  std::vector<std::uint64_t> orders;
  const auto kept = cut(all, findings.front());
  for (const bsc_record* record : kept) orders.push_back(record->order);
  EXPECT_THAT(orders, ::testing::ElementsAre(3, 4, 7, 8, 9, 10, 11, 14));
  const auto again = replay(*find_oracle("clone_before_master"), kept);
  EXPECT_NE(find(again, findings.front().kind, kMaster, findings.front().order), nullptr);
}

}  // namespace
}  // namespace bioscope::oracle
