// SPDX-License-Identifier: GPL-2.0-only
// bcache disks as its tools would make and register them: a cache device holds a set's uuid, by
// which backing devices are attached to it. Needs "module:bcache".
#pragma once

#include <string>

#include "guest/scenario/disk.h"

namespace bioscope_suite_holder {

// Writes the superblock of a backing device.
bioscope::Status format_backing(const bioscope::scenario::BlockDevice& disk);
// Writes that of a cache device; the uuid of its set.
bioscope::Result<std::string> format_cache(const bioscope::scenario::BlockDevice& disk);
// Hands either of them to bcache, which claims it.
bioscope::Status register_bcache(const bioscope::scenario::BlockDevice& disk);

}  // namespace bioscope_suite_holder
