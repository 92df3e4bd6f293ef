// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/digest.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>

#include "harness/base/check.h"
#include "harness/base/file.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 32;
// A file that was changed a moment ago may change again with the same time.
constexpr std::time_t kSettled = 2;
// Then most of the memo speaks of files that are no more.
constexpr std::size_t kTooLong = 1 << 20;

}  // namespace

Digest::Digest() : state_(XXH3_createState()) {
  BSC_CHECK(state_ != nullptr);
  XXH3_128bits_reset(state_.get());
}

Digest& Digest::add(std::string_view field) {
  add(field.size());
  XXH3_128bits_update(state_.get(), field.data(), field.size());
  return *this;
}

Digest& Digest::add(std::uint64_t field) {
  XXH3_128bits_update(state_.get(), &field, sizeof field);
  return *this;
}

std::string Digest::hex() const {
  const auto hash = XXH3_128bits_digest(state_.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// One line for each file: digest, blank, key.
FileDigests::FileDigests(fs::path memo) : memo_(std::move(memo)) {
  const auto text = read_file(memo_);
  for (std::string_view rest = text && text->size() < kTooLong ? *text : std::string_view();
       !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.size() > kDigits + 1)
      known_.emplace(line.substr(kDigits + 1), line.substr(0, kDigits));
  }
}

FileDigests::~FileDigests() {
  if (!learnt_) return;
  std::string text;
  for (const auto& [key, digest] : known_) text += fmt::format("{} {}\n", digest, key);
  static_cast<void>(write_file(memo_, text));
}

Result<std::string> FileDigests::of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return os_error(errno, "cannot read {}", file.string());
  const auto key = fmt::format("{} {} {} {}.{:09} {}.{:09} {}", status.st_dev, status.st_ino,
                               status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                               status.st_ctim.tv_sec, status.st_ctim.tv_nsec, file.string());
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  BSC_TRY_ASSIGN(const auto content, read_file(file));
  auto digest = Digest().add(content).hex();
  if (std::time(nullptr) - std::max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) > kSettled &&
      file.string().find('\n') == std::string::npos) {
    known_.emplace(key, digest);
    learnt_ = true;
  }
  return digest;
}

}  // namespace bioscope::image
