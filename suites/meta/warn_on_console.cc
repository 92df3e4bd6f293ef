// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/rogue_module.h"
#include "guest/scenario/scenario.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, warn_on_console, .summary = "a WARN on the console fails a body that passes",
             .needs = {"module:brd"}, .expect = "FAIL", .expect_finding = "splat:warn") {
  BSC_SETUP(commit(Misdeed::kWarn));
}
