// SPDX-License-Identifier: GPL-2.0-only
// A CPU that spins with interrupts off until RCU misses it: with interrupts on, a tick outside of a
// read-side section is all that preemptible RCU asks for. It looks only while somebody waits for a
// grace period, from a CPU that ticks, and if its own thread is not stuck on the deaf CPU.
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/rogue_module.h"
#include "suites/meta/setting.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_meta;

namespace bioscope_suite_meta {
namespace {

constexpr unsigned kDeaf = 0;
constexpr unsigned kAwake = 1;
constexpr pid_t kLastEarlyThread = 64;  // RCU's threads are among the kernel's first

// Every kernel thread of RCU that may be moved; those of one CPU may not.
void move_rcu_threads(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  for (pid_t pid = 2; pid <= kLastEarlyThread; ++pid)
    if (const auto name = read_attribute("/proc/" + std::to_string(pid) + "/comm");
        name && name->starts_with("rcu"))
      ::sched_setaffinity(pid, sizeof set, &set);
}

}  // namespace
}  // namespace bioscope_suite_meta

BSC_SCENARIO(meta, rcu_stall, .summary = "an RCU stall fails", .needs = {"module:brd", "cpus:2"},
             .expect = "FAIL", .expect_finding = "splat:rcu_stall") {
  BSC_SETUP(set(w, "/proc/sys/kernel/soft_watchdog", "0"));
  BSC_SETUP(set(w, "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", "3"));  // its least
  move_rcu_threads(kAwake);
  std::atomic<bool> waits = false;
  std::atomic<bool> over = false;
  w.on_every_cpu([&](unsigned cpu) {
    if (cpu == kDeaf) {
      while (!waits) ::sched_yield();
      const auto committed = commit(Misdeed::kSpinDeaf, std::chrono::seconds(6));
      over = true;
      BSC_SETUP(committed);
    } else if (cpu == kAwake) {
      const std::jthread waiter([&](const std::stop_token& stop) {
        for (; !stop.stop_requested(); waits = true)
          ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
      });
      while (!over) ::sched_yield();
    }
  });
}
