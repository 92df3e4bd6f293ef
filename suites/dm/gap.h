// SPDX-License-Identifier: GPL-2.0-only
// A part of a disk that is filled, and then discarded or zeroed between others that stay.
#pragma once

#include "suites/dm/traffic.h"

namespace bioscope_suite_dm {

// Written once, by whole blocks of 4096 bytes.
bioscope::scenario::Stream fill(bioscope::scenario::Workload& w,
                                const bioscope::scenario::BlockDevice& disk,
                                const bioscope::scenario::Extent& extent, std::uint32_t writer);

void expect_zeros(const bioscope::scenario::BlockDevice& disk,
                  const bioscope::scenario::Extent& extent);

}  // namespace bioscope_suite_dm
