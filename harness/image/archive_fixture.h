// SPDX-License-Identifier: GPL-2.0-only
// Reads an image back, entry by entry, for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/handle.h"

namespace bioscope::image {

struct Unpacked {
  std::string path{};  // as in the archive: no leading slash
  mode_t mode = 0;
  std::string content{};  // or a link's target
  unsigned major = 0;
  unsigned minor = 0;
  long long mtime = -1;
  long long owner = -1;
};

// Nothing if it is no whole cpio archive.
inline std::vector<Unpacked> read_back(const std::filesystem::path& path) {
  using Reader = Handle<struct archive, archive_read_free>;
  const Reader reader(archive_read_new());
  archive_read_support_format_cpio(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 65536) != ARCHIVE_OK) return {};
  std::vector<Unpacked> entries;
  for (;;) {
    struct archive_entry* entry = nullptr;
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF) return entries;
    if (code != ARCHIVE_OK) return {};
    Unpacked one{.path = archive_entry_pathname(entry),
                 .mode = archive_entry_mode(entry),
                 .major = static_cast<unsigned>(archive_entry_rdevmajor(entry)),
                 .minor = static_cast<unsigned>(archive_entry_rdevminor(entry)),
                 .mtime = archive_entry_mtime(entry),
                 .owner = archive_entry_uid(entry) + archive_entry_gid(entry)};
    if (S_ISLNK(one.mode)) {
      one.content = archive_entry_symlink(entry);
    } else {
      one.content.resize(static_cast<std::size_t>(archive_entry_size(entry)));
      if (archive_read_data(reader.get(), one.content.data(), one.content.size()) !=
          static_cast<la_ssize_t>(one.content.size()))
        return {};
    }
    entries.push_back(std::move(one));
  }
}

inline const Unpacked& entry_of(const std::vector<Unpacked>& entries, const std::string& path) {
  static const Unpacked kNone;
  const auto found =
      std::ranges::find_if(entries, [&](const auto& entry) { return entry.path == path; });
  EXPECT_NE(found, entries.end()) << "no " << path << " in the archive";
  return found == entries.end() ? kNone : *found;
}

inline bool has_entry(const std::vector<Unpacked>& entries, const std::string& path) {
  return std::ranges::any_of(entries, [&](const auto& entry) { return entry.path == path; });
}

// A directory that goes with the test.
class Temporary : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "bsc-image-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  std::filesystem::path base_;
};

}  // namespace bioscope::image
