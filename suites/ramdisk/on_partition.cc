// SPDX-License-Identifier: GPL-2.0-only
// The load of this suite on the second of two partitions of a ramdisk: what is read ahead without a
// bio has to come from there too.
#include <gtest/gtest.h>
#include <linux/blkpg.h>
#include <sys/ioctl.h>

#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

BSC_SCENARIO(ramdisk, on_partition,
             .summary = "both ways to a partition give what was written last",
             .needs = {"module:brd", "cpus:2"}, .probes = {"cache"},
             .oracles = {"reads_see_latest_write", "cache_follows_device", "writeback_ends_once"},
             .witness = {"read_beside_write", "cache_passed_by", "cache_dropped",
                         "page_written_back", "sector_content"}) {
  const auto disk = BSC_SETUP(ramdisk(w, 2));
  bioscope::Fd whole = BSC_SETUP(open_disk(disk));
  const std::uint64_t half = disk.sectors / 16 * 8;
  for (const int number : {1, 2}) {
    blkpg_partition partition{};
    partition.start = static_cast<long long>((number - 1) * half * kSectorBytes);
    partition.length = static_cast<long long>(half * kSectorBytes);
    partition.pno = number;
    blkpg_ioctl_arg argument{
        .op = BLKPG_ADD_PARTITION, .flags = 0, .datalen = sizeof partition, .data = &partition};
    ASSERT_EQ(::ioctl(whole.get(), BLKPG, &argument), 0) << errno;
  }
  load_and_flush(w, BSC_SETUP(find_disk(w.host(), disk.path + "p2")));

  // The cache of the whole disk goes when its partition is closed: nobody else has either open.
  w.step("written, and closed by its partition");
  bioscope::Fd part = BSC_SETUP(open_disk(BSC_SETUP(find_disk(w.host(), disk.path + "p1"))));
  whole.reset();
  constexpr std::uint32_t kWriter = 9;  // as no vCPU is
  EXPECT_CALL_DONE(open_cached(w, disk, kWriter).write(Caching::kBuffered, page(2)));
  part.reset();
  EXPECT_CALL_DONE(open_cached(w, disk, kWriter).read(Caching::kDirect, page(2)));
}
