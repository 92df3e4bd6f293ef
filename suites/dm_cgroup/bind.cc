// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm_cgroup/bind.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"
#include "suites/dm_cgroup/load.h"

namespace bioscope_suite_dm_cgroup {

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

constexpr char kDriver[] = "/sys/bus/scsi/drivers/sd/";

// The first name below a directory that satisfies `fits`; empty if there is none in time.
template <class F>
std::string find_entry(const std::string& directory, F&& fits) {
  std::string found;
  static_cast<void>(wait_until(kDeviceLimit, [&] {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(directory, none))
      if (const std::string name = entry.path().filename(); fits(name)) found = name;
    return !found.empty();
  }));
  return found;
}

}  // namespace

void bind_again(Workload& w, std::chrono::milliseconds held_for) {
  constexpr unsigned kRounds = 3;
  const std::string address = find_entry(
      kDriver, [](const std::string& name) { return std::ranges::count(name, ':') == 3; });
  ASSERT_FALSE(address.empty()) << "scsi_debug has no disk";
  const auto group = BSC_SETUP(Cgroup::create(w, "bound"));
  for (unsigned round = 0; round < w.at_length(kRounds, 4 * kRounds); ++round) {
    const std::string name = find_entry(fmt::format("/sys/bus/scsi/devices/{}/block", address),
                                        [](const std::string&) { return true; });
    ASSERT_FALSE(name.empty()) << address << " has no disk in round " << round;
    const auto disk = BSC_SETUP(find_disk(w.host(), "/dev/" + name));
    {
      const Inside inside(*group);
      load(w, disk, {.blocks = 16, .requests = 16});
    }
    Fd opener;
    if (held_for.count() != 0) opener = BSC_SETUP(open_disk(disk));
    const auto unbound = write_attribute(fmt::format("{}unbind", kDriver), address);
    ASSERT_TRUE(unbound) << unbound.error().text();
    const std::jthread closer([&] {
      std::this_thread::sleep_for(held_for);
      opener.reset();
    });
    const auto bound = write_attribute(fmt::format("{}bind", kDriver), address);
    ASSERT_TRUE(bound) << bound.error().text();
    w.host().progress();
  }
}

}  // namespace bioscope_suite_dm_cgroup
