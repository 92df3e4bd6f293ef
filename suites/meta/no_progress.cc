// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, no_progress,
             .summary = "a body that gets nowhere fails while the guest is alive",
             .budget_seconds = 5, .expect = "FAIL", .expect_finding = "hang:no-progress") {
  for (;;) ::pause();
}
