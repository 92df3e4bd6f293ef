// SPDX-License-Identifier: GPL-2.0-only
// Digest: XXH3-128 over fields, each with its length, so that no two lists of fields look alike;
// and the digests of files, remembered by what stat says of them. For this folder alone.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "harness/base/handle.h"
#include "harness/base/result.h"

namespace bioscope::image {

class Digest {
 public:
  Digest();
  Digest& add(std::string_view field);
  Digest& add(std::uint64_t field);
  std::string hex() const;

 private:
  Handle<XXH3_state_t, XXH3_freeState> state_;
};

// A memo that is damaged or lost costs time only.
class FileDigests {
 public:
  explicit FileDigests(std::filesystem::path memo);
  ~FileDigests();  // writes the memo if it has learnt something
  FileDigests(const FileDigests&) = delete;
  FileDigests& operator=(const FileDigests&) = delete;

  Result<std::string> of(const std::filesystem::path& file);

 private:
  std::filesystem::path memo_;
  std::map<std::string, std::string> known_;  // path and stat to digest
  bool learnt_ = false;
};

}  // namespace bioscope::image
