// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/vm/newc.h"

#include <fmt/format.h>

namespace bioscope::machine {

void Newc::entry(std::string_view path, unsigned mode, std::string_view content, unsigned major,
                 unsigned minor) {
  const auto pad = [&] { archive_.resize((archive_.size() + 3) / 4 * 4, '\0'); };
  archive_ += "070701";
  for (const unsigned field :
       {++inode_, mode, 0U, 0U, 1U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, major, minor,
        static_cast<unsigned>(path.size() + 1), 0U})
    archive_ += fmt::format("{:08X}", field);
  archive_ += path;
  archive_ += '\0';
  pad();
  archive_ += content;
  pad();
}

std::string Newc::finish() {
  entry("TRAILER!!!", 0, {}, 0, 0);
  return std::move(archive_);
}

}  // namespace bioscope::machine
