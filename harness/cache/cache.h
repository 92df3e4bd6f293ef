// SPDX-License-Identifier: GPL-2.0-only
// Cache: what ~/.cache/bioscope holds, by kind, and how to make it smaller. Knows the layout of the
// folders that own the entries, not what is in them; every entry can be made again. Nothing is
// removed while somebody uses the cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::cache {

struct Entry {
  std::string kind{};  // "package", "image", "kernel", "built kernel", "kernel build", "compiler"
  std::filesystem::path path{};
  std::uint64_t bytes = 0;  // on disk; a file that several entries share counts for the first
  std::filesystem::file_time_type used{};
};

// Least recently used first.
std::vector<Entry> entries(const std::filesystem::path& cache);

// Holds the cache as it is until it is destroyed.
class Use {
 public:
  // Waits for whoever trims it.
  static Result<Use> begin(const std::filesystem::path& cache);

 private:
  explicit Use(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

struct Trimmed {
  std::size_t removed = 0;
  std::uint64_t bytes = 0;  // what was freed
  std::uint64_t left = 0;
};

// Removes what was not used for the longest time until at most `quota` bytes are left. A usage
// error if the cache is in use.
Result<Trimmed> trim(const std::filesystem::path& cache, std::uint64_t quota);

// "20G", "512M", "0": a usage error if it is no size.
Result<std::uint64_t> parse_size(std::string_view text);

// "1.4 GiB"
std::string size_text(std::uint64_t bytes);

}  // namespace bioscope::cache
