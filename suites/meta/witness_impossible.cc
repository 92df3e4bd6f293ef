// SPDX-License-Identifier: GPL-2.0-only
// All goes well on a device that is not stacked, so no clone is ever cloned again.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/stream.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, witness_impossible,
             .summary = "a trial in which the point of it never happened shows nothing",
             .needs = {"module:dm_mod", "module:brd"}, .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once"}, .witness = {"clone_of_clone"},
             .expect = "INCONCLUSIVE") {
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "single", {linear(BSC_SETUP(ramdisk(w, 0)))}));
  Stream stream = BSC_SETUP(Stream::open(w, device->disk(), {.extent = {0, 512}}));
  BSC_SETUP(stream.run({.requests = 64}));
  BSC_SETUP(stream.read_back());
  EXPECT_TRUE(stream.faults().empty());
}
