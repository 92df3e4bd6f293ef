// SPDX-License-Identifier: GPL-2.0-only
// Archive: the files, directories, links and device nodes of an image, written as cpio (newc).
// Equal content gives an equal key and equal bytes: sorted, owner root, time 0. Owns libarchive.
// For this folder alone.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/image/digest.h"

namespace bioscope::image {

// An absolute guest path without "..", doubled slashes or the links /bin, /sbin, /lib, /lib64
// (they point into /usr); an error for a relative one or "/".
Result<std::string> guest_path(std::string_view text);

class Archive {
 public:
  // Paths are absolute in the guest; directories above them come by themselves. Adding a path
  // again replaces what was there.
  Status add_file(std::string_view path, const std::filesystem::path& host, unsigned mode);
  Status add_unpacked(std::string_view path, const std::filesystem::path& compressed);
  Status add_text(std::string_view path, std::string text);
  Status add_directory(std::string_view path, unsigned mode = 0755);
  Status add_link(std::string_view path, std::string target);
  Status add_device(std::string_view path, unsigned mode, unsigned major, unsigned minor);

  bool has(std::string_view path) const;

  // Hex XXH3-128 of the format and of all that is in the archive.
  Result<std::string> key(FileDigests& files);

  // After key(). An error if a host file is no longer what key() read.
  Status write(int fd) const;

 private:
  struct Node {
    mode_t mode = 0;  // with the type
    std::filesystem::path host{};
    bool compressed = false;  // the host's file is unpacked on its way
    std::string text{};       // of a file without a host's, or a link's target
    unsigned major = 0;
    unsigned minor = 0;
    std::string digest{};  // of the host's file
  };

  Status add(std::string_view path, Node node);

  std::map<std::string, Node, std::less<>> nodes_;
};

}  // namespace bioscope::image
