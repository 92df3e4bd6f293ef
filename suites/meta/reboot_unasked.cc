// SPDX-License-Identifier: GPL-2.0-only
#include <sys/reboot.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, reboot_unasked, .summary = "a guest that reboots by itself fails",
             .expect = "FAIL", .expect_finding = "reboot") {
  ::reboot(RB_AUTOBOOT);
  BSC_SETUP(bioscope::Status(guest_os_error(errno, "the guest did not reboot")));
}
