// SPDX-License-Identifier: GPL-2.0-only
// From one kernel file to what boots and what is known of it, kept in the cache by content. A file
// that is seen again unchanged costs a few system calls. This folder only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {

// Fills release, build_id, digest, boot, pvh, vmlinux and config (only if the kernel carries it).
// A usage error says what the file is instead of a kernel, without naming it.
Result<Kernel> take_apart(const std::filesystem::path& file, const Options& options);

}  // namespace bioscope::kernel
