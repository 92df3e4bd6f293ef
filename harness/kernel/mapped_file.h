// SPDX-License-Identifier: GPL-2.0-only
// MappedFile: a file of the cache as bytes, read only what is touched. Not for files of others,
// which may shrink under the mapping. This folder only.
#pragma once

#include <filesystem>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::kernel {

class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace bioscope::kernel
