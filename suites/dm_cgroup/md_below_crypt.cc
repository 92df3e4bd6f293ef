// SPDX-License-Identifier: GPL-2.0-only
// What md splits and copies for the threads of dm-crypt, which are in no group: only the bio that
// md is given knows whose it is.
#include "guest/scenario/crypt_key.h"
#include "guest/scenario/dm.h"
#include "guest/scenario/md_array.h"
#include "guest/scenario/ramdisk.h"
#include "suites/dm_cgroup/load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_dm_cgroup;

BSC_SCENARIO(dm_cgroup, md_below_crypt,
             .summary = "what md sends for a bio is charged as that bio is, whoever brings it",
             .needs = {"module:dm_mod", "module:dm_crypt", "module:xts", "module:ecb",
                       "module:md_mod", "module:raid0", "module:raid1", "module:raid10",
                       "module:brd", "config:BLK_CGROUP", "cpus:2"},
             .probes = {"bio", "dm", "blkcg", "css"},
             .oracles = {"charged_to_submitter", "association_of_live_source", "blkg_life_in_order",
                         "css_life_in_order"},
             .witness = {"charged_by_another_task", "bio_split", "clone_of_clone", "group_freed"},
             .boot = {kNoMemoryController}, .budget_seconds = 30, .shares_boot = true) {
  constexpr LoadOptions kLoad{.block = 65536, .blocks = 8, .requests = 8};
  constexpr unsigned kChunk = 8192;
  constexpr int kTwoNearCopies = 0x102;
  constexpr unsigned kNumber = 20;  // of the first array
  constexpr MdLayout kLayouts[] = {
      {.level = 0, .chunk_bytes = kChunk},
      {.level = 1},
      {.level = 10, .layout = kTwoNearCopies, .chunk_bytes = kChunk},
  };
  count_groups(w);
  unsigned number = kNumber;
  for (const MdLayout& layout : kLayouts) {
    const auto array = BSC_SETUP(MdArray::create(w, number));
    const unsigned disk = 2 * (number - kNumber);
    BSC_SETUP(array->take({BSC_SETUP(ramdisk(w, disk)), BSC_SETUP(ramdisk(w, disk + 1))}, layout));
    BSC_SETUP(array->start());
    const auto above = BSC_SETUP(MappedDevice::create(w, fmt::format("above{}", number),
                                                      {crypt(array->disk(), kCipher, kKey)}));
    expect_charged(w, above->disk(), {array->disk()}, kLoad);
    ++number;
  }
}
