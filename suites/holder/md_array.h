// SPDX-License-Identifier: GPL-2.0-only
// MdArray: a mirror of md without superblocks, driven by ioctl as mdadm would. Its disk goes when
// it is stopped and nobody has it open any more. Needs "module:md_mod" and "module:raid1".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guest/scenario/disk.h"
#include "harness/base/fd.h"

namespace bioscope_suite_holder {

class MdArray {
 public:
  // Creates /dev/md`number`, empty. The workload stops it in its cleanup.
  static bioscope::Result<std::shared_ptr<MdArray>> create(bioscope::scenario::Workload& workload,
                                                           unsigned number);
  // Gives it its members, which it claims, and then starts it.
  bioscope::Status take(const std::vector<bioscope::scenario::BlockDevice>& members);
  bioscope::Status start();

  const bioscope::scenario::BlockDevice& disk() const { return disk_; }

  bioscope::Status fail(const bioscope::scenario::BlockDevice& member);
  // Asks again while the array still uses it.
  bioscope::Status take_out(const bioscope::scenario::BlockDevice& member);
  bioscope::Status put_in(const bioscope::scenario::BlockDevice& member);
  // EBUSY while somebody else has it open. Does nothing once it is stopped.
  bioscope::Status stop();
  // Until its disk is gone.
  bool wait_until_gone() const;

 private:
  explicit MdArray(bioscope::scenario::Workload& workload) : workload_(workload) {}

  bioscope::scenario::Workload& workload_;
  std::string path_;
  bioscope::scenario::BlockDevice disk_;
  bool there_ = false;
};

}  // namespace bioscope_suite_holder
