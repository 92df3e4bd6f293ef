// SPDX-License-Identifier: GPL-2.0-only
// The few entries of a test guest's initramfs, in cpio's newc format.
#pragma once

#include <string>
#include <string_view>

namespace bioscope::machine {

class Newc {
 public:
  void directory(std::string_view path) { entry(path, 0040755, {}, 0, 0); }
  void program(std::string_view path, std::string_view content) {
    entry(path, 0100755, content, 0, 0);
  }
  void device(std::string_view path, unsigned major, unsigned minor) {
    entry(path, 0020600, {}, major, minor);
  }
  std::string finish();

 private:
  void entry(std::string_view path, unsigned mode, std::string_view content, unsigned major,
             unsigned minor);

  std::string archive_;
  unsigned inode_ = 0;
};

}  // namespace bioscope::machine
