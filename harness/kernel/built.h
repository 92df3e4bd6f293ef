// SPDX-License-Identifier: GPL-2.0-only
// Built kernels: the register of what harness/kbuild made. Kernels lie under kernel/built/KEY by
// what they were made of and never change; kernel/name/NAME links a name to one of them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {

struct Named {
  std::string name{};
  Kernel kernel{};
};

// The kernel of a name; a usage error if there is none, or if it was trimmed away.
Result<Kernel> built(std::string_view name, const std::filesystem::path& cache);

// In the order of names.
std::vector<Named> list_built(const std::filesystem::path& cache);

// Forgets a name, and removes its kernel if it was the last one. A usage error if there is none.
Status remove_built(std::string_view name, const std::filesystem::path& cache);

// Where the kernel of this key is or would be.
std::filesystem::path built_place(std::string_view key, const std::filesystem::path& cache);

// The kernel of a key, if it is there and whole.
std::optional<Kernel> recall_built(std::string_view key, const std::filesystem::path& cache);

// Writes what recall_built() reads into `place`, whose files are named as in it: vmlinux, config,
// lib/modules/RELEASE, debug/. Fills boot, build_id, pvh and release out of vmlinux.
Status describe_built(const std::filesystem::path& place, std::string_view key,
                      const Origin& origin);

// A usage error if this can be no name.
Status check_built_name(std::string_view name);

// Gives a name to the kernel of a key, in place of what it named before.
Status name_built(std::string_view name, std::string_view key, const std::filesystem::path& cache);

// Gives a run what a debugger needs of its kernel, which outlives the cache: the same files where
// both lie on one file system, else a link into the cache. Does nothing if there is nothing.
Status keep_debug(const Origin& origin, const std::filesystem::path& directory);

}  // namespace bioscope::kernel
