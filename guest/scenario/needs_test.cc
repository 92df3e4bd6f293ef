// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "harness/base/file.h"

namespace bioscope::scenario {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Need, ParsesEachKind) {
  EXPECT_EQ(parse_need("module:dm_mod")->kind, Need::Kind::kModule);
  EXPECT_EQ(parse_need("module:dm_mod")->name, "dm_mod");
  EXPECT_EQ(parse_need("tool:ndctl")->kind, Need::Kind::kTool);
  EXPECT_EQ(parse_need("config:BLK_CGROUP")->name, "BLK_CGROUP");
  EXPECT_EQ(parse_need("cpus:2")->kind, Need::Kind::kCpus);
  EXPECT_EQ(parse_need("cpus:2")->amount, 2u);
  EXPECT_EQ(parse_need("memory:1024")->amount, 1024u);
  EXPECT_EQ(parse_need("nvdimm:64")->kind, Need::Kind::kNvdimm);
  EXPECT_EQ(parse_need("disk:64")->kind, Need::Kind::kDisk);
}

TEST(Need, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "cpus", "cpu:2", ":2", "Module:brd"})
    EXPECT_THAT(parse_need(text).error().what, HasSubstr("none of module:")) << text;
  EXPECT_THAT(parse_need("module:").error().what, HasSubstr("lacks its value"));
  for (const char* text : {"cpus:two", "cpus:0", "disk:-1", "nvdimm:64M", "memory: 5"})
    EXPECT_THAT(parse_need(text).error().what, HasSubstr("above zero")) << text;
}

std::vector<std::string> unmet(const std::vector<std::string>& texts, const Facts& facts) {
  std::vector<Need> needs;
  for (const auto& text : texts) needs.push_back(parse_need(text).value());
  return unmet_needs(needs, facts);
}

TEST(Needs, AllUnmetAreListed) {
  const Facts facts{.cpus = 2, .memory = 509, .nvdimms = {64}, .disks = {}};
  EXPECT_THAT(
      unmet({"cpus:2", "memory:512", "nvdimm:64", "module:brd", "tool:fio", "config:X"}, facts),
      IsEmpty());
  EXPECT_THAT(
      unmet({"cpus:4", "memory:1024", "nvdimm:128", "disk:64"}, facts),
      ElementsAre(HasSubstr("needs cpus:4; the guest has 2"),
                  HasSubstr("needs memory:1024; the guest has 509 MiB"),
                  HasSubstr("needs nvdimm:128"), "needs disk:64 to itself; the guest has none"));
}

TEST(Needs, EachDeviceServesOneNeed) {
  EXPECT_THAT(unmet({"disk:64", "disk:32"}, {.disks = {32, 64}}), IsEmpty());
  EXPECT_THAT(unmet({"disk:32", "disk:32"}, {.disks = {64, 32}}), IsEmpty());
  EXPECT_THAT(unmet({"disk:64", "disk:64"}, {.disks = {32, 64}}),
              ElementsAre("needs disk:64 to itself; the guest has those of 32, 64 MiB"));
  EXPECT_THAT(unmet({"nvdimm:16", "nvdimm:16"}, {.nvdimms = {16}}), testing::SizeIs(1));
}

class Gather : public testing::Test {
 protected:
  Gather() : root_(fs::temp_directory_path() / fmt::format("bsc-needs-{}", ::getpid())) {}
  ~Gather() override { fs::remove_all(root_); }

  void put(const std::string& path, std::string_view content) {
    ASSERT_TRUE(make_directories((root_ / path).parent_path()));
    ASSERT_TRUE(write_file(root_ / path, content));
  }

  fs::path root_;
};

TEST_F(Gather, ReadsAGuest) {
  put("sys/devices/system/cpu/present", "0-1,3\n");
  put("proc/zoneinfo",
      "Node 0, zone      DMA\n  pages free     3840\n        present  3998\n        managed  3840\n"
      "Node 0, zone    DMA32\n        spanned  127008\n        present  126944\n");
  put("sys/bus/nd/devices/region0/size", "67108864\n");
  put("sys/bus/nd/devices/region1/size", "0\n");
  put("sys/bus/nd/devices/ndbus0/size", "1\n");
  put("sys/block/vda/size", "131072\n");
  put("sys/block/vdb/size", "65536\n");
  put("sys/block/ram0/size", "32768\n");
  const Facts facts = gather_facts(root_);
  EXPECT_EQ(facts.cpus, 3u);
  EXPECT_EQ(facts.memory, 511u);
  EXPECT_THAT(facts.nvdimms, ElementsAre(64u));
  EXPECT_THAT(facts.disks, UnorderedElementsAre(64u, 32u));
}

TEST_F(Gather, AnEmptyGuestOffersNothing) {
  const Facts facts = gather_facts(root_);
  EXPECT_EQ(facts.cpus, 0u);
  EXPECT_EQ(facts.memory, 0u);
  EXPECT_THAT(unmet({"cpus:1", "memory:64", "disk:1"}, facts), testing::SizeIs(3));
}

TEST(Needs, ThisMachineMeetsLittleAndNotEverything) {
  EXPECT_THAT(unmet_needs({"cpus:1", "memory:16"}), IsEmpty());
  EXPECT_THAT(unmet_needs({"cpus:100000"}), testing::SizeIs(1));
}

}  // namespace
}  // namespace bioscope::scenario
