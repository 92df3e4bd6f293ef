// SPDX-License-Identifier: GPL-2.0-only
// Real-time tasks keep every CPU, so that nothing else of user space runs, the agent included, and
// the kernel is told not to complain.
#include <sched.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, wedged_guest,
             .summary = "a guest that neither speaks nor prints while its CPUs run fails",
             .expect = "FAIL", .expect_finding = "hang:silent") {
  BSC_SETUP(write_attribute("/proc/sys/kernel/sched_rt_runtime_us", "-1"));
  BSC_SETUP(write_attribute("/sys/module/rcupdate/parameters/rcu_cpu_stall_suppress", "1"));
  w.on_every_cpu([](unsigned) {
    const sched_param priority{.sched_priority = ::sched_get_priority_max(SCHED_FIFO)};
    if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
      BSC_SETUP(bioscope::Status(guest_os_error(errno, "cannot become a real-time task")));
    for (volatile bool spin = true; spin;) {}
  });
}
