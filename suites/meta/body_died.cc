// SPDX-License-Identifier: GPL-2.0-only
#include <csignal>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, body_died,
             .summary = "a body that dies of a signal says nothing about the kernel",
             .expect = "INFRA") {
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
}
