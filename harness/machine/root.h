// SPDX-License-Identifier: GPL-2.0-only
// Root: a fresh directory for one machine, with a path short enough for the sockets in it. Made
// and held by the runner: its lock is what tells a live machine from a leftover (sweep.h). The
// machine's own process furnishes it with libvirt's configuration.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::machine {

// Of this user: $XDG_RUNTIME_DIR/bioscope, or bioscope-UID in /tmp.
Result<std::filesystem::path> roots_directory();

class Root {
 public:
  static Result<Root> make();  // in roots_directory()
  static Result<Root> make(const std::filesystem::path& parent);
  Root(Root&&) noexcept = default;
  Root& operator=(Root&&) = delete;
  ~Root();  // ends what still runs in it and removes it

  const std::filesystem::path& path() const { return path_; }

 private:
  Root(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  Fd lock_;
};

// The lock of a root, beside it. Whoever holds it may remove the root.
std::filesystem::path lock_of(const std::filesystem::path& root);
// Nothing if somebody holds it.
Result<Fd> try_lock(const std::filesystem::path& lock);
// Ends the QEMUs that still have their files in `root`, and says which they were.
std::vector<int> end_processes(const std::filesystem::path& root);
// Removes what is in `root`, then its lock.
void remove_root(const std::filesystem::path& root);

// A usage error if sockets below `root`, for a domain of this name, would have too long a path.
Status check_socket_paths(const std::filesystem::path& root, std::string_view name);

// libvirt's configuration for `root` and, from `cache`, what it once found out about QEMU, which
// spares a start two thirds of its time. libvirt judges for itself whether that still holds.
Status furnish(const std::filesystem::path& root, const std::filesystem::path& cache);
// Stores in `cache` what libvirt has found out since.
Status keep_capabilities(const std::filesystem::path& root, const std::filesystem::path& cache);

// What QEMU itself printed.
std::filesystem::path emulator_log(const std::filesystem::path& root, std::string_view name);

}  // namespace bioscope::machine
