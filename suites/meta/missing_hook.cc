// SPDX-License-Identifier: GPL-2.0-only
// The group "absent" hooks a function that no kernel has.
#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, missing_hook, .summary = "a probe that cannot attach shows nothing",
             .probes = {"bio", "absent"}, .oracles = {"bio_lifetime"}, .expect = "INCONCLUSIVE") {
  w.step("the body runs all the same");
}
