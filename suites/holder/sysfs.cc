// SPDX-License-Identifier: GPL-2.0-only
#include "suites/holder/sysfs.h"

#include <bioscope/event.h>

#include <cstdio>
#include <filesystem>

#include "guest/scenario/attribute.h"

namespace bioscope_suite_holder {
namespace {

using namespace bioscope::scenario;
namespace fs = std::filesystem;

// As the record has it; 0 if nothing is there any more.
std::uint32_t number_of(const fs::path& device) {
  const auto text = read_attribute(device / "dev");
  unsigned major = 0;
  unsigned minor = 0;
  if (!text || std::sscanf(text->c_str(), "%u:%u", &major, &minor) != 2) return 0;
  return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

void list(Workload& w, const fs::path& owner, const char* directory, std::uint32_t kind) {
  const std::uint64_t number = number_of(owner);
  std::error_code none;  // a disk may go at any time; what is gone shows nothing
  for (const auto& link : fs::directory_iterator(owner / directory, none))
    w.host().mark(kind, number << 32 | number_of(link.path()), link.path().filename().string());
}

}  // namespace

void look_at_sysfs(Workload& w) {
  std::error_code none;
  w.host().mark(BSC_MARK_SYSFS_HOLDERS, 1, "");
  for (const auto& disk : fs::directory_iterator("/sys/block", none)) {
    list(w, disk.path(), "slaves", BSC_MARK_SLAVE_LINK);
    list(w, disk.path(), "holders", BSC_MARK_HOLDER_LINK);
    for (const auto& part : fs::directory_iterator(disk.path(), none))
      if (fs::exists(part.path() / "partition", none))
        list(w, part.path(), "holders", BSC_MARK_HOLDER_LINK);
  }
  w.host().mark(BSC_MARK_SYSFS_HOLDERS, 0, "");
  w.host().progress();
}

}  // namespace bioscope_suite_holder
