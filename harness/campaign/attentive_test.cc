// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/attentive.h"

#include <gtest/gtest.h>

namespace bioscope::campaign {
namespace {

class Counting final : public run::Observer {
 public:
  void planned(std::size_t) override { ++told; }
  void started(unsigned, const std::string&, unsigned) override { ++told; }
  void heard(unsigned, const wire::ToHost&) override { ++told; }
  void kept(const std::filesystem::path&, const std::filesystem::path&) override { ++told; }
  void finished(unsigned, const std::string&, const verdict::TrialResult&) override { ++told; }
  unsigned told = 0;
};

TEST(Attentive, KnowsWhetherAScenarioRunsInAnyGuest) {
  Counting counting;
  Attentive attentive(counting);
  const auto phase = [&](unsigned machine, const char* name) {
    attentive.heard(machine, wire::Phase{.name = name});
    return attentive.scenario_runs();
  };
  attentive.started(0, "dm/a", 0);
  EXPECT_FALSE(phase(0, "modules"));
  EXPECT_FALSE(phase(0, "arm"));
  EXPECT_TRUE(phase(0, "cpus"));
  EXPECT_TRUE(phase(1, "run"));
  attentive.heard(0, wire::Heartbeat{});
  EXPECT_TRUE(phase(0, "settle")) << "the other one does";
  EXPECT_FALSE(phase(1, "settle"));
  EXPECT_TRUE(phase(1, "run"));
  attentive.finished(1, "dm/a", {});
  EXPECT_FALSE(attentive.scenario_runs()) << "however it ended";
  EXPECT_EQ(counting.told, 10u) << "all of it";
}

}  // namespace
}  // namespace bioscope::campaign
