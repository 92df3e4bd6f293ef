// SPDX-License-Identifier: GPL-2.0-only
// Bytes that are no frame, in the middle of the agent's own.
#include "suites/meta/port.h"

#include "guest/scenario/scenario.h"
#include "harness/base/file.h"

BSC_SCENARIO(meta, garbage_on_control,
             .summary = "garbage on the control channel says nothing about the kernel",
             .expect = "INFRA") {
  const auto port = BSC_SETUP(bioscope_suite_meta::copy_of_port("control"));
  BSC_SETUP(bioscope::write_all(port.get(), "this is not a frame\n"));
}
