// SPDX-License-Identifier: GPL-2.0-only
#include "suites/dm_cgroup/groups.h"

#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope_suite_dm_cgroup {

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";
// RCU and three workqueues stand between the last bio and a group's end, on a slow machine too.
constexpr std::chrono::seconds kDyingLimit{30};

struct Count {
  std::uint32_t descendants = 0;
  std::uint32_t dying = 0;
};

Result<Count> count() {
  BSC_TRY_ASSIGN(const std::string text, read_attribute(fmt::format("{}/cgroup.stat", kRoot)));
  Count count;
  std::istringstream words(text);
  std::string key;
  std::uint32_t value = 0;
  while (words >> key >> value) {
    if (key == "nr_descendants") count.descendants = value;
    if (key == "nr_dying_descendants") count.dying = value;
  }
  return count;
}

// Of a blkg that goes nothing is to be seen from here: a grace period until its reference is exact,
// one until it is released, and a worker's turn to free it.
void let_blkgs_go() {
  for (int period = 0; period < 3; ++period)
    static_cast<void>(::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

Status move_to(const std::string& group) { return write_attribute(group + "/cgroup.procs", "0"); }

}  // namespace

void count_groups(Workload& w) {
  const Count before = BSC_SETUP(count());
  w.host().cgroup("", before.descendants, before.dying);
  w.cleanup([&w, before] {
    Result<Count> now;
    static_cast<void>(wait_until(kDyingLimit, [&] {
      now = count();
      w.host().progress();
      return now && now->descendants <= before.descendants && now->dying <= before.dying;
    }));
    let_blkgs_go();
    ASSERT_TRUE(now) << now.error().text();
    w.host().cgroup("", now->descendants, now->dying);
  });
}

Inside::Inside(Cgroup& group) { BSC_SETUP(move_to(group.path())); }
Inside::~Inside() {
  const Status moved = move_to(kRoot);
  EXPECT_TRUE(moved) << moved.error().text();
}

Result<Charged> charged(const Cgroup& group, const BlockDevice& disk) {
  BSC_TRY_ASSIGN(const std::string text, read_attribute(group.path() + "/io.stat"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != disk.major_minor()) continue;
    Charged charged;
    while (words >> word) {
      const auto equals = word.find('=');
      const std::string key = word.substr(0, equals);
      if (key != "rbytes" && key != "wbytes") continue;
      BSC_TRY_ASSIGN(const std::uint64_t bytes, parse_number(word.substr(equals + 1)));
      (key == "rbytes" ? charged.read : charged.written) = bytes;
    }
    return charged;
  }
  return Charged{};
}

Status set_root(std::string_view attribute, std::string_view value) {
  return write_attribute(fmt::format("{}/{}", kRoot, attribute), value);
}

}  // namespace bioscope_suite_dm_cgroup
