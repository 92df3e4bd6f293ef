// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, qemu_killed, .summary = "a machine that is killed says nothing about the kernel",
             .expect = "INFRA") {
  const auto killed = w.host().act("kill", "");
  ADD_FAILURE() << "the host answered: " << (killed ? "done" : killed.error().text());
}
