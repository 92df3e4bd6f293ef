// SPDX-License-Identifier: GPL-2.0-only
// brd is used and taken out of the kernel: every page that its disks had is freed. No probe stands
// in brd itself here, which would keep it loaded.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "guest/scenario/attribute.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/wait.h"
#include "suites/ramdisk/cache_load.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

namespace {

// Tells the record what debugfs says the ramdisk has.
void tell_pages(Workload& w, const BlockDevice& disk, std::uint64_t expected) {
  const auto text = BSC_SETUP(read_attribute("/sys/kernel/debug/ramdisk_pages/" + disk.name));
  const std::uint64_t pages = BSC_SETUP(parse_number(text));
  EXPECT_EQ(pages, expected) << disk.name;
  w.host().mark(BSC_MARK_RAMDISK_PAGES, pages, disk.name);
}

}  // namespace

BSC_SCENARIO(ramdisk, unloaded,
             .summary = "a ramdisk gives back all of its pages when its module goes",
             .needs = {"module:brd"}, .probes = {"brd_unload", "disk", "cache"},
             .oracles = {"ramdisk_pages_add_up", "reads_see_latest_write", "cache_follows_device",
                         "writeback_ends_once"},
             .witness = {"ramdisk_unloaded", "sector_content"}) {
  const std::uint64_t sizes[] = {50, 16,
                                 1};  // pages of the first three: over, at and below a batch
  for (unsigned round = 0; round < w.at_length(2u, 20u); ++round) {
    for (unsigned number = 0; number < 3; ++number) {
      const auto disk = BSC_SETUP(ramdisk(w, number));
      {
        CachedDisk cached = open_cached(w, disk, number + 1);
        for (std::uint64_t index = 0; index < sizes[number]; ++index)
          EXPECT_CALL_DONE(cached.write(Caching::kDirect, page(index * 3)));
        EXPECT_CALL_DONE(cached.read(Caching::kBuffered, page(0)));
      }
      tell_pages(w, disk, sizes[number]);
    }
    int code = 0;
    std::jthread unloader([&] {
      ::prctl(PR_SET_NAME, BSC_UNLOADER);
      // Who looked at the disks last may still be about to close them.
      wait_until(kDeviceLimit, [&] {
        code = ::syscall(SYS_delete_module, "brd", O_NONBLOCK) == 0 ? 0 : errno;
        return code != EAGAIN && code != EBUSY;
      });
      w.host().mark(BSC_MARK_UNLOADED, static_cast<std::uint64_t>(code), "brd");
    });
    unloader.join();
    ASSERT_EQ(code, 0) << "brd cannot be taken out";
  }
}
