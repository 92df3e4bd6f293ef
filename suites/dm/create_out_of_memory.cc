// SPDX-License-Identifier: GPL-2.0-only
// Makes a mapped device again and again while the first, the second, the third allocation fails:
// whatever dm has by then has to go, and the device is made once nothing fails any more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "guest/scenario/attribute.h"
#include "guest/scenario/ramdisk.h"
#include "harness/base/file.h"
#include "suites/dm/traffic.h"

using namespace bioscope;
using namespace bioscope::scenario;

namespace {

// Also those that may sleep are to fail, and without a stack on the console each time.
struct Setting {
  const char* path;
  const char* value;
};
constexpr Setting kSettings[] = {{"/sys/kernel/debug/failslab/ignore-gfp-wait", "N"},
                                 {"/sys/kernel/debug/failslab/verbose", "0"},
                                 {"/sys/kernel/debug/fail_page_alloc/verbose", "0"}};

// This thread's countdown to an allocation that fails. Opened once: opening allocates too.
class FailNth {
 public:
  static Result<FailNth> open() {
    BSC_TRY_ASSIGN(Fd fd, open_file("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
    return FailNth(std::move(fd));
  }
  Status set(unsigned nth) const {
    const std::string text = std::to_string(nth);
    if (::pwrite(fd_.get(), text.data(), text.size(), 0) < 0)
      return guest_os_error(errno, "cannot set fail-nth");
    return {};
  }
  // 0: it has failed.
  Result<std::uint64_t> left() const {
    char text[16] = {};
    const ssize_t got = ::pread(fd_.get(), text, sizeof(text) - 1, 0);
    if (got <= 0) return guest_os_error(errno, "cannot read fail-nth");
    return parse_number({text, static_cast<std::size_t>(got) - (text[got - 1] == '\n' ? 1 : 0)});
  }

 private:
  explicit FailNth(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace

BSC_SCENARIO(dm, create_out_of_memory,
             .summary = "making a device fails cleanly whichever of its allocations does",
             .needs = {"module:dm_mod", "module:brd", "config:FAILSLAB", "config:FAIL_PAGE_ALLOC",
                       "cpus:2"},
             .probes = {"bio", "dm"},
             .oracles = {"bio_lifetime", "completes_once", "clone_before_master", "bio_completes",
                         "remap_of_live_master", "pool_empty_at_exit"},
             .witness = {"dm_clone_completed"}, .budget_seconds = 40) {
  constexpr unsigned kMostAllocations = 400;
  const auto disk = BSC_SETUP(ramdisk(w, 0));
  for (const Setting& setting : kSettings) {
    const auto before = BSC_SETUP(read_attribute(setting.path));
    BSC_SETUP(write_attribute(setting.path, setting.value));
    w.cleanup([setting, before] { BSC_SETUP(write_attribute(setting.path, before)); });
  }

  const auto countdown = BSC_SETUP(FailNth::open());
  std::shared_ptr<MappedDevice> device;
  unsigned failed = 0;
  for (unsigned nth = 1; nth < kMostAllocations && !device; ++nth) {
    BSC_SETUP(countdown.set(nth));
    auto made = MappedDevice::create(w, fmt::format("try{}", nth), {linear(disk)});
    const auto left = BSC_SETUP(countdown.left());
    BSC_SETUP(countdown.set(0));
    if (left == 0)
      ++failed;
    else if (made)
      device = *made;
    if (made && !device) BSC_SETUP((*made)->remove());
    w.host().progress();
  }
  ASSERT_TRUE(device) << "no device after " << failed << " failures";
  EXPECT_GT(failed, 0u) << "no allocation failed";
  on_every_cpu(w, device->disk(), {.blocks = 16, .requests = 16});
}
