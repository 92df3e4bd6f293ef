// SPDX-License-Identifier: GPL-2.0-only
// BLKFLSBUF while a file system is mounted. Its metadata is in the page cache of the disk itself:
// what the disk shows of a directory, both ways, is what the file system has.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "guest/scenario/filesystem.h"
#include "guest/scenario/ramdisk.h"
#include "suites/ramdisk/cache_load.h"

using bioscope::Fd;
using namespace bioscope::scenario;
using namespace bioscope_suite_ramdisk;

namespace {

std::string read_all(const Fd& fd, const Extent& extent) {
  const auto buffer = Buffer::allocate(extent.sectors * kSectorBytes);
  if (!buffer) return {};
  const ssize_t got = ::pread(fd.get(), buffer->all().data(), buffer->all().size(),
                              static_cast<off_t>(extent.first * kSectorBytes));
  return got < 0 ? std::string{}
                 : std::string(reinterpret_cast<const char*>(buffer->all().data()),
                               static_cast<std::size_t>(got));
}

void make_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_TRUE(file) << path;
  const std::string text(3000, path.back());
  EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

}  // namespace

BSC_SCENARIO(
    ramdisk, flush_mounted,
    .summary = "BLKFLSBUF leaves a mounted file system and its disk with the same metadata",
    .needs = {"module:brd", "module:ext4", "tool:mkfs.ext4"}, .probes = {"brd", "cache"},
    .oracles = {"ramdisk_pages_add_up", "writeback_ends_once"},
    .witness = {"page_written_back", "cache_dropped"}, .budget_seconds = 30) {
  constexpr unsigned kFiles = 12;
  const std::vector<std::pair<std::string, unsigned>> kinds{{"ext2", 0}, {"ext4", 1}};
  for (const auto& [type, number] : kinds) {
    const auto disk = BSC_SETUP(ramdisk(w, number));
    BSC_SETUP(run_tool({"mkfs.ext4", "-q", "-F", "-t", type, "-b", "4096", disk.path, "3M"}));
    const std::string directory = BSC_SETUP(mount_disk(w, disk, type));
    const Fd buffered = BSC_SETUP(open_disk(disk, Caching::kBuffered));
    const Fd direct = BSC_SETUP(open_disk(disk));
    const std::string inner = directory + "/inner";
    ASSERT_EQ(::mkdir(inner.c_str(), 0700), 0);
    BSC_SETUP(sync_file_system(directory));
    Extent place = BSC_SETUP(extent_of(inner));
    place.sectors = CachedDisk::kPageSectors;
    for (unsigned file = 0; file < kFiles; ++file) {
      const std::string name = fmt::format("entry-{}", file);
      make_file(inner + "/" + name);
      if (file % 3 == 2) {
        EXPECT_EQ(::unlink(fmt::format("{}/entry-{}", inner, file - 1).c_str()), 0);
      }
      w.step(name);
      BSC_SETUP(sync_file_system(directory));
      BSC_SETUP(flush_and_drop_cache(buffered));
      const std::string through = read_all(buffered, place);
      const std::string past = read_all(direct, place);
      EXPECT_EQ(through.size(), place.sectors * kSectorBytes);
      EXPECT_TRUE(through == past) << type << ": the page cache and the ramdisk have different "
                                   << "versions of the directory after " << name;
      EXPECT_TRUE(past.contains(name)) << type << ": " << name << " is not on the disk";
    }
    for (unsigned file = 0; file < kFiles; ++file) {
      struct stat status{};
      const bool there = ::stat(fmt::format("{}/entry-{}", inner, file).c_str(), &status) == 0;
      EXPECT_EQ(there, file % 3 != 1) << type << ": entry-" << file;
    }
  }
}
