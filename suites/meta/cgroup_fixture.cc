// SPDX-License-Identifier: GPL-2.0-only
// What the cgroup fixture promises to scenarios, held against a kernel.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/cgroup.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, cgroup_fixture, .summary = "cgroups do what the fixture says",
             .needs = {"config:BLK_CGROUP"}, .expect = "PASS") {
  const auto group = BSC_SETUP(Cgroup::create(w, "fixture"));
  const auto controllers = BSC_SETUP(read_attribute(group->path() + "/cgroup.controllers"));
  EXPECT_TRUE(controllers.contains("io")) << controllers;
  const auto home = BSC_SETUP(read_attribute("/proc/self/cgroup"));

  BSC_SETUP(group->adopt(0));
  EXPECT_EQ(BSC_SETUP(read_attribute("/proc/self/cgroup")), "0::/fixture");
  EXPECT_TRUE(group->remove()) << "its members move out first";
  EXPECT_EQ(BSC_SETUP(read_attribute("/proc/self/cgroup")), home);
  EXPECT_TRUE(group->remove()) << "removing what is gone is no error";

  const auto threaded = BSC_SETUP(Cgroup::create(w, "threaded"));
  BSC_SETUP(threaded->make_threaded());
  std::string during;
  std::jthread([&] {
    BSC_SETUP(threaded->adopt_thread(0));
    during = BSC_SETUP(read_attribute("/proc/thread-self/cgroup"));
  }).join();
  EXPECT_EQ(during, "0::/threaded");
  EXPECT_EQ(BSC_SETUP(read_attribute("/proc/self/cgroup")), home);

  const auto taken = BSC_SETUP(Cgroup::create(w, "taken"));
  const auto twice = Cgroup::create(w, "taken");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().os_error, EEXIST);
}
