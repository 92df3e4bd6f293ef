// SPDX-License-Identifier: GPL-2.0-only
// The host keeps the guest from running for longer than any clock waits, and the body does not get
// on: whether the kernel or the host is to blame cannot be told.
#include <unistd.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, starved_guest, .summary = "a stall of a starved guest shows nothing",
             .budget_seconds = 5, .expect = "INCONCLUSIVE") {
  BSC_SETUP(w.host().act("starve", "60"));
  for (;;) ::pause();
}
