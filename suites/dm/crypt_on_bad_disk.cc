// SPDX-License-Identifier: GPL-2.0-only
// dm-crypt over a disk with a bad spot. What is read or written there fails below dm-crypt, in bios
// of its own, and the error has to find its way up; what it keeps for them has to go. Whether an
// error was lost is the oracle's to say.
#include <gtest/gtest.h>

#include "guest/scenario/bad_part.h"
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm;

BSC_SCENARIO(dm, crypt_on_bad_disk,
             .summary =
                 "an error below dm-crypt reaches whoever asked, and nothing is left of "
                 "the bio that had it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb", "module:brd",
                       "cpus:2"},
             .probes = {"bio", "dm", "completion"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "error_reaches_master", "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"bio_failed", "overlap_on_two_cpus", "dm_clone_completed"},
             .shares_boot = true) {
  constexpr BadPart kPart{.good = 1024, .bad = 64};
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const auto bad = BSC_SETUP(
      MappedDevice::create(w, "bad",
                           concatenate({linear(ram, {0, kPart.good}), error(kPart.bad),
                                        linear(ram, {kPart.good + kPart.bad, kPart.good})})));
  const auto device =
      BSC_SETUP(MappedDevice::create(w, "crypt", {crypt(bad->disk(), kCipher, kKey)}));
  request_around(w, device->disk(), kPart, 96, [&](const IoCompletion& done) {
    if (!kPart.holds(done.cookie)) {
      EXPECT_EQ(done.result, static_cast<std::int64_t>(kBadPartBytes)) << "block " << done.cookie;
    }
  });
}
