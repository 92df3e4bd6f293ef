// SPDX-License-Identifier: GPL-2.0-only
// Needs, manifests and jobs: what is decided before anything boots.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/evidence/trial.h"
#include "harness/plan/plan.h"
#include "harness/run/job.h"
#include "harness/run/manifest.h"
#include "harness/run/needs.h"

namespace bioscope::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Needs, AreSortedByKind) {
  const auto needs = parse_needs({"module:dm_mod", "cpus:4", "nvdimm:20", "nvdimm:16", "disk:8",
                                  "memory:1024", "tool:fio", "config:BLK_CGROUP", "option:file"})
                         .value();
  EXPECT_EQ(needs.cpus, 4u);
  EXPECT_THAT(needs.options, ElementsAre("file"));
  EXPECT_EQ(needs.memory_mib, 1024u);
  EXPECT_THAT(needs.nvdimm_mib, ElementsAre(32u, 16u)) << "in steps of 16 MiB";
  EXPECT_THAT(modules_to_load(needs),
              ElementsAre("virtio_blk", "nfit", "nd_pmem", "nd_btt", "dm_mod"));
}

TEST(Needs, ThatAreNoneAreNamed) {
  for (const char* need : {"modul:brd", "module:", "brd", "cpus:many", "cpus:0", "disk:-1"}) {
    const auto parsed = parse_needs({need});
    ASSERT_FALSE(parsed) << need;
    EXPECT_EQ(parsed.error().blame, Blame::kUsage);
    EXPECT_THAT(parsed.error().what, HasSubstr(need));
  }
}

TEST(Needs, ThatAKernelCannotMeetAreAllListed) {
  const auto modules = std::filesystem::temp_directory_path() / fmt::format("bsc-{}", ::getpid());
  ASSERT_TRUE(make_directories(modules));
  ASSERT_TRUE(write_file(modules / "modules.dep", "kernel/drivers/md/dm-mod.ko.xz: a.ko\n"));
  ASSERT_TRUE(write_file(modules / "modules.builtin", "kernel/drivers/block/brd.ko\n"));
  ASSERT_TRUE(write_file(modules / "config", "CONFIG_BLK_CGROUP=y\n# CONFIG_KASAN is not set\n"));
  const kernel::Kernel kernel{.release = "6.1.0", .config = modules / "config", .modules = modules};
  const auto needs = parse_needs({"module:dm_mod", "module:brd rd_nr=2", "module:no_such",
                                  "tool:no_tool", "config:BLK_CGROUP", "config:KASAN"})
                         .value();
  const auto missing = unmet(needs, kernel).value();
  std::filesystem::remove_all(modules);
  ASSERT_EQ(missing.size(), 3u);
  EXPECT_THAT(missing[0], HasSubstr("module:no_such"));
  EXPECT_THAT(missing[1], HasSubstr("tool:no_tool"));
  EXPECT_THAT(missing[2], HasSubstr("config:KASAN"));
}

TEST(Manifest, SelectsByGlobAndLeavesMetaOut) {
  const auto manifest = parse_manifest(R"({"scenarios":[
      {"suite":"dm","property":"a","name":"dm/a"},
      {"suite":"dm","property":"b","name":"dm/b"},
      {"suite":"meta","property":"c","name":"meta/c"}]})")
                            .value();
  const auto names = [&](const std::vector<std::string>& globs) {
    std::vector<std::string> chosen;
    const auto selected = manifest.select(globs).value();
    for (const auto& info : selected) chosen.push_back(info.name);
    return chosen;
  };
  EXPECT_THAT(names({}), ElementsAre("dm/a", "dm/b"));
  EXPECT_THAT(names({"*/b", "dm/*"}), ElementsAre("dm/b", "dm/a")) << "each once";
  EXPECT_THAT(names({"meta/*"}), ElementsAre("meta/c"));
  const auto none = manifest.select({"dm/*", "btt/*"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().blame, Blame::kUsage);
  EXPECT_THAT(none.error().what, HasSubstr("btt/*"));
}

TEST(Manifest, WhatNeedsAnOptionIsChosenWithIt) {
  const auto manifest = parse_manifest(R"({"scenarios":[
      {"suite":"dm","property":"a","name":"dm/a"},
      {"suite":"dm","property":"on_b","name":"dm/on_b","needs":["cpus:2","option:b"]}]})")
                            .value();
  const auto names = [&](const std::vector<std::string>& globs,
                         const std::vector<std::string>& given = {}) {
    std::vector<std::string> chosen;
    const auto selected = manifest.select(globs, given);
    if (!selected) return std::vector{selected.error().what};
    for (const auto& info : *selected) chosen.push_back(info.name);
    return chosen;
  };
  EXPECT_THAT(names({}), ElementsAre("dm/a"));
  EXPECT_THAT(names({"dm/*"}), ElementsAre("dm/a"));
  EXPECT_THAT(names({"dm/on_b"}), ElementsAre(HasSubstr("dm/on_b needs --b")));
  EXPECT_THAT(names({"dm/a", "dm/on*"}), ElementsAre(HasSubstr("dm/on_b needs --b")));
  EXPECT_THAT(names({}, {"b"}), ElementsAre("dm/a", "dm/on_b"));
  EXPECT_THAT(names({"dm/*"}, {"b"}), ElementsAre("dm/a", "dm/on_b"));
  EXPECT_THAT(names({"dm/on_b"}, {"c"}), ElementsAre(HasSubstr("dm/on_b needs --b")));
}

TEST(Manifest, ThatIsNoneIsAnError) {
  EXPECT_FALSE(parse_manifest("{"));
  EXPECT_FALSE(parse_manifest(R"({"scenarios": 3})"));
}

// docs/faults.md: what is stored of a trial is a plan as well.
TEST(Trial, IsAPlanOfItsScenario) {
  const evidence::Trial trial{.scenario = "dm/a", .number = 3, .seed = 4, .kernel = "12ab"};
  const auto plan = plan::parse(evidence::to_json(trial));
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->scenario, "dm/a");
  EXPECT_EQ(plan->seed, 4u);
}

TEST(Job, ReachesTheWorkerAsItIs) {
  const Job job{.machine = {.name = "m",
                            .root = "/r",
                            .vcpus = 3,
                            .accelerator = machine::Accelerator::kKvm,
                            .nvdimms = {{.file = "/n", .data_bytes = 1, .label_bytes = 2}}},
                .start = {.scenario = "dm/a", .seed = 9, .long_form = true, .probes = {"bio"}},
                .clocks = {.silent = std::chrono::duration<double>(2.5)},
                .scale = 4};
  const Job back = parse_job(to_json(job)).value();
  EXPECT_EQ(back.machine.vcpus, 3u);
  EXPECT_EQ(back.machine.accelerator, machine::Accelerator::kKvm);
  ASSERT_EQ(back.machine.nvdimms.size(), 1u);
  EXPECT_EQ(back.machine.nvdimms[0].label_bytes, 2u);
  EXPECT_EQ(back.start.seed, 9u);
  EXPECT_TRUE(back.start.long_form);
  EXPECT_DOUBLE_EQ(back.clocks.silent.count(), 2.5);
  EXPECT_FALSE(parse_job("{}"));
}

}  // namespace
}  // namespace bioscope::run
