// SPDX-License-Identifier: GPL-2.0-only
// Two needs, so that a skip that lists only the first shows.
#include <gtest/gtest.h>

#include "guest/scenario/scenario.h"

BSC_SCENARIO(meta, skip_unmet, .summary = "unmet needs skip a scenario, all of them listed",
             .needs = {"tool:no_such_tool", "config:NO_SUCH_OPTION"}, .expect = "SKIP") {
  ADD_FAILURE() << "the body ran";
}
