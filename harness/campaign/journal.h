// SPDX-License-Identifier: GPL-2.0-only
// Journal: what a bisection has seen, kept in a folder until somebody wants it forgotten, so that
// an interrupted one goes on. One process writes it at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/campaign/bisect.h"
#include "harness/package/lock.h"

namespace bioscope::campaign {

class Journal {
 public:
  // `digest`: of all that decides what is seen. A usage error if the folder's journal is of
  // another, unless it is to be forgotten, or if somebody else is writing it.
  static Result<Journal> open(const std::filesystem::path& folder, const std::string& digest,
                              bool forget);

  const std::vector<Entry>& entries() const { return entries_; }  // of an earlier time
  Status add(const Entry& entry) const;

 private:
  Journal(std::filesystem::path folder, package::Lock lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Status read();

  std::filesystem::path folder_;
  package::Lock lock_;
  Fd fd_{};
  std::vector<Entry> entries_{};
};

}  // namespace bioscope::campaign
