// SPDX-License-Identifier: GPL-2.0-only
// The loop driver claims its own disk while it attaches a file, so that nobody else gets it
// meanwhile. It gives the claim up again, whether the file is attached or the disk has one already.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/scenario/loop.h"
#include "harness/base/fd.h"
#include "suites/holder/sysfs.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_holder;

BSC_SCENARIO(holder, loop_configured_twice,
             .summary = "a loop disk that cannot be configured once more is nobody's afterwards",
             .needs = {"module:loop"}, .probes = {"holder", "disk"},
             .oracles = {"holder_balance", "holder_within_claim", "slave_alive_when_linked",
                         "holder_calls_return", "claims_add_up"},
             .witness = {"claim_aborted"}, .shares_boot = true) {
  constexpr std::uint64_t kMib = 1;
  constexpr unsigned kRounds = 3;
  const auto disk = BSC_SETUP(loop_disk(w, kMib));
  const bioscope::Fd other(::memfd_create("other", MFD_CLOEXEC));
  ASSERT_TRUE(other);
  ASSERT_EQ(::ftruncate(other.get(), kMib << 20), 0);
  for (unsigned round = 0; round < kRounds; ++round) {
    w.step("configure a disk that has a file");
    {
      const bioscope::Fd fd = BSC_SETUP(open_disk(disk));
      loop_config config{};
      config.fd = static_cast<std::uint32_t>(other.get());
      EXPECT_NE(::ioctl(fd.get(), LOOP_CONFIGURE, &config), 0) << disk.name << " has two files";
      EXPECT_EQ(errno, EBUSY);
    }
    w.step("open it exclusively");
    EXPECT_TRUE(bioscope::Fd(::open(disk.path.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)));
  }
}
