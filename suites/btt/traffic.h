// SPDX-License-Identifier: GPL-2.0-only
// Checked I/O on a table's disk, and what all scenarios of the suite need.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "guest/scenario/btt.h"
#include "guest/scenario/stream.h"

#define BSC_BTT_NEEDS "module:nfit", "module:nd_pmem", "module:nd_btt", "nvdimm:32"
// What must hold whatever a scenario does with tables.
#define BSC_BTT_ORACLES                                                             \
  "lane_held_alone", "block_has_one_place", "btt_written_in_order",                 \
      "block_not_written_while_read", "map_changed_alone", "cleared_block_is_free", \
      "namespace_claims_match", "nd_registrations_end", "btt_io_within_life"

// Attaches a table that held data to `disk` again. That it lets itself be attached is a claim about
// the kernel, which wrote it.
#define BSC_COMES_BACK(disk, attached)                                              \
  do {                                                                              \
    const auto again = (attached);                                                  \
    ASSERT_TRUE(again) << "the table does not come back: " << again.error().text(); \
    (disk) = *again;                                                                \
  } while (false)

namespace bioscope_suite_btt {

struct Traffic {
  std::uint32_t block = 4096;  // bytes
  unsigned blocks = 64;        // of each writer's share, from its start
  unsigned depth = 4;
  unsigned requests = 128;  // random reads and writes, between the first write of every block and
                            // the read-back of all
};

void check(const bioscope::scenario::Stream& stream);

// Writer `index` of `writers`, each on a share of the disk of its own.
bioscope::scenario::Stream open_stream(bioscope::scenario::Workload& w,
                                       const bioscope::scenario::BlockDevice& disk, unsigned index,
                                       unsigned writers, const Traffic& traffic);
// All of the traffic; what the kernel got wrong is left to check().
bioscope::Status move(bioscope::scenario::Stream& stream, const Traffic& traffic);

// As long as the first vCPU takes; a busy host may hold any of them up.
void on_every_cpu(bioscope::scenario::Workload& w, const bioscope::scenario::BlockDevice& disk,
                  const Traffic& traffic = {});

}  // namespace bioscope_suite_btt
