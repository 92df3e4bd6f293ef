// SPDX-License-Identifier: GPL-2.0-only
#include <sys/reboot.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, power_off_unasked,
             .summary = "a guest that is switched off from within says nothing about its kernel",
             .expect = "INFRA") {
  ::reboot(RB_POWER_OFF);
  BSC_SETUP(bioscope::Status(guest_os_error(errno, "the guest did not power off")));
}
