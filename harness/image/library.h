// SPDX-License-Identifier: GPL-2.0-only
// Libraries: adds to an archive what a dynamic program needs to start: its loader, and the closure
// of its libraries, found as the loader would find them but without running anything. For this
// folder alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/image/archive.h"

namespace bioscope::image {

// A system that libraries come from: the host's own, or that of unpacked packages.
class System {
 public:
  virtual ~System() = default;
  // The regular file that an absolute path of that system leads to.
  virtual std::optional<std::filesystem::path> file(const std::filesystem::path& path) const = 0;
  // Where its loader looks by itself, in this order.
  virtual std::vector<std::filesystem::path> directories() const = 0;
  // Brings in more of the system in search of libraries; false if there is no more.
  virtual Result<bool> more(const std::vector<std::string>& libraries) = 0;
};

// This machine: LD_LIBRARY_PATH, ld.so.conf and the loader's own directories.
class HostSystem final : public System {
 public:
  HostSystem();
  std::optional<std::filesystem::path> file(const std::filesystem::path& path) const override;
  std::vector<std::filesystem::path> directories() const override { return directories_; }
  Result<bool> more(const std::vector<std::string>& libraries) override;

 private:
  std::vector<std::filesystem::path> directories_;
};

// Adds what `program`, an absolute path of `system` that is `guest` in the archive, needs beside
// itself. What the archive has already stays. Nothing to do for what is no dynamic ELF file. A
// library that is nowhere is a usage error.
Status add_libraries(Archive& archive, System& system, const std::filesystem::path& program,
                     std::string_view guest);

}  // namespace bioscope::image
