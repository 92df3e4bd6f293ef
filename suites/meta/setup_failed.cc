// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/disk.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, setup_failed, .summary = "a failed set-up says nothing about the kernel",
             .expect = "INFRA") {
  BSC_SETUP(open_disk({.path = "/dev/no_such_disk"}));
}
