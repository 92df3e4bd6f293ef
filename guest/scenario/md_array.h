// SPDX-License-Identifier: GPL-2.0-only
// MdArray: an array of md without superblocks, driven by ioctl as mdadm would. Its disk goes when
// it is stopped and nobody has it open any more. Needs "module:md_mod" and that of its level,
// "module:raid1".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guest/scenario/disk.h"
#include "harness/base/fd.h"

struct mdu_array_info_s;  // of linux/raid/md_u.h

namespace bioscope::scenario {

struct MdLayout {
  int level = 1;
  int layout = 0;            // of raid10: 0x102 for two near copies
  unsigned chunk_bytes = 0;  // of raid0 and raid10
};

class MdArray {
 public:
  // Creates /dev/md`number`, empty. The workload stops it in its cleanup.
  static Result<std::shared_ptr<MdArray>> create(Workload& workload, unsigned number);
  // Gives it its members, which it claims, and then starts it.
  Status take(const std::vector<BlockDevice>& members, const MdLayout& layout = {});
  Status start();
  // Tells it that its members are to have superblocks, of version 1.2. Instead of take().
  Status expect_superblocks();
  // One member more, before it is started.
  Status give(const BlockDevice& member, unsigned place = 0);

  const BlockDevice& disk() const { return disk_; }

  Status fail(const BlockDevice& member);
  // Asks again while the array still uses it.
  Status take_out(const BlockDevice& member);
  // Until sysfs no longer shows it in the array. 6.1 does that later, by a worker, and does not
  // wait for it before it takes the same member in again (docs/found/08).
  bool wait_until_out(const BlockDevice& member) const;
  Status put_in(const BlockDevice& member);
  // EBUSY while somebody else has it open. Does nothing once it is stopped.
  Status stop();
  // Until its disk is gone.
  bool wait_until_gone() const;

 private:
  explicit MdArray(Workload& workload) : workload_(workload) {}
  Status describe(const mdu_array_info_s& info);

  Workload& workload_;
  std::string path_;
  BlockDevice disk_;
  bool there_ = false;
};

}  // namespace bioscope::scenario
