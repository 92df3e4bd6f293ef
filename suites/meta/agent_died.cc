// SPDX-License-Identifier: GPL-2.0-only
// pid 1 is sent to address 0 and dies of it; the kernel then panics, which is not its fault.
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

constexpr pid_t kAgent = 1;

Status send_astray() {
  if (::ptrace(PTRACE_SEIZE, kAgent, nullptr, nullptr) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, kAgent, nullptr, nullptr) != 0)
    return guest_os_error(errno, "cannot stop pid 1");
  int status = 0;
  if (::waitpid(kAgent, &status, __WALL) != kAgent)
    return guest_os_error(errno, "cannot wait for pid 1 to stop");
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, kAgent, nullptr, &registers) != 0)
    return guest_os_error(errno, "cannot read the registers of pid 1");
  registers.rip = 0;
  registers.orig_rax = ~0ULL;  // no system call to go back to
  if (::ptrace(PTRACE_SETREGS, kAgent, nullptr, &registers) != 0 ||
      ::ptrace(PTRACE_DETACH, kAgent, nullptr, nullptr) != 0)
    return guest_os_error(errno, "cannot let pid 1 go");
  return {};
}

}  // namespace

BSC_SCENARIO(meta, agent_died,
             .summary = "a panic for the death of our own agent says nothing about the kernel",
             .expect = "INFRA") {
  BSC_SETUP(send_astray());
  for (;;) ::pause();
}
