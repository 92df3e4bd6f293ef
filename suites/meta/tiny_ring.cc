// SPDX-License-Identifier: GPL-2.0-only
// Far more records than the ring holds: what is lost must reach the verdict.
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/stream.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, tiny_ring, .summary = "lost records leave an oracle unjudged",
             .needs = {"module:brd"}, .probes = {"bio"}, .oracles = {"bio_lifetime"},
             .ring_bytes = 4096, .expect = "INCONCLUSIVE") {
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  w.on_every_cpu([&](unsigned cpu) {
    Stream stream = BSC_SETUP(Stream::open(
        w, disk, {.extent = share_of(disk, cpu, w.cpus()), .depth = 32, .writer = cpu + 1}));
    BSC_SETUP(stream.run({.requests = 2000}));
  });
}
