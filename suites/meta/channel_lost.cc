// SPDX-License-Identifier: GPL-2.0-only
// The driver of both channels lets go of its device. The guest lives on and says so on its console.
#include <fcntl.h>

#include <chrono>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"
#include "harness/base/fd.h"
#include "harness/base/file.h"
#include "suites/meta/port.h"

using namespace bioscope;
using namespace bioscope::scenario;

BSC_SCENARIO(meta, channel_lost,
             .summary = "an agent that cannot be heard says nothing about the kernel",
             .budget_seconds = 5, .expect = "INFRA") {
  const Fd console = BSC_SETUP(open_file("/dev/console", O_WRONLY));
  BSC_SETUP(bioscope_suite_meta::unbind_ports());
  for (;;) {
    BSC_SETUP(write_all(console.get(), "meta/channel_lost: still here\n"));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}
