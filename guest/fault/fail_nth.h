// SPDX-License-Identifier: GPL-2.0-only
// FailNth: makes one task's allocations fail, one after the other, so that a system call is led
// through each of its error paths. Needs "config:FAULT_INJECTION_DEBUG_FS" and of what is to fail
// "config:FAILSLAB" or "config:FAIL_PAGE_ALLOC"; no distribution's kernel has them.
#pragma once

#include <functional>
#include <string>

#include "guest/scenario/scenario.h"
#include "harness/base/result.h"

namespace bioscope::fault {

struct FailNthOptions {
  unsigned most = 2000;  // calls, after which the walk is given up
  std::string proc = "/proc/thread-self/fail-nth";
  std::string debug = "/sys/kernel/debug";
};

// Calls `call` while its first, its second, its third ... allocation fails, until one call meets no
// failure; after each that did, `undo` takes back what it did all the same, and there nothing
// fails. `call` says nothing of the errors that it gets. Only this thread's allocations count, so
// what it does beside the system calls in question is walked as well. Returns how many calls met a
// failure; an error if the kernel cannot do it, or if there is no end.
Result<unsigned> walk_fail_nth(scenario::Workload& workload, const std::function<void()>& call,
                               const std::function<void()>& undo = {},
                               const FailNthOptions& options = {});

}  // namespace bioscope::fault
