// SPDX-License-Identifier: GPL-2.0-only
// The host keeps the guest from running for a while, and the body never gets on again: whether the
// kernel or the host is to blame cannot be told.
#include <unistd.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, starved_guest, .summary = "a stall of a starved guest shows nothing",
             .budget_seconds = 5, .expect = "INCONCLUSIVE") {
  BSC_SETUP(w.host().act("starve", "6"));
  for (;;) ::pause();
}
