// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cache/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "harness/base/file.h"
#include "harness/package/lock.h"

namespace bioscope::cache {
namespace {

namespace fs = std::filesystem;

// Every file or folder in a folder is an entry of its kind.
struct Shelf {
  std::string_view kind;
  std::string_view folder;
};

constexpr Shelf kShelves[] = {
    {"package", "package/tree"},
    {"package", "package/cache/archives"},
    {"image", "image"},
    {"kernel", "kernel/image"},
    {"kernel", "kernel/modules"},
    {"kernel", "kernel/symbols"},
    {"built kernel", "kernel/built"},
    {"kernel build", "kernel/build"},
    {"log", "kernel/log"},
};

// ccache trims itself; here it is kept or dropped as a whole.
constexpr Shelf kCompiler{"compiler", "ccache"};

class Measure {
 public:
  std::uint64_t operator()(const fs::path& path) {
    std::uint64_t sum = bytes(path);
    std::error_code code;
    fs::recursive_directory_iterator entry(path, code);
    for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code))
      sum += bytes(entry->path());
    return sum;
  }

 private:
  std::uint64_t bytes(const fs::path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return 0;
    if (status.st_nlink > 1 && !S_ISDIR(status.st_mode) &&
        !seen_.emplace(status.st_dev, status.st_ino).second)
      return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }

  std::set<std::pair<dev_t, ino_t>> seen_{};
};

// Who uses a folder of the cache says so by its time of change; reading a file leaves its mark.
fs::file_time_type used(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  auto last = std::pair(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  if (S_ISREG(status.st_mode))
    last = std::max(last, std::pair(status.st_atim.tv_sec, status.st_atim.tv_nsec));
  return fs::file_time_type::clock::from_sys(std::chrono::sys_time<std::chrono::nanoseconds>(
      std::chrono::seconds(last.first) + std::chrono::nanoseconds(last.second)));
}

fs::path gate(const fs::path& cache) { return cache / "in-use"; }

Result<Fd> lock(const fs::path& cache, int kind) {
  BSC_TRY(make_directories(cache));
  BSC_TRY_ASSIGN(Fd fd, open_file(gate(cache), O_RDWR | O_CREAT));
  while (::flock(fd.get(), kind) != 0) {
    if (errno == EWOULDBLOCK)
      return usage_error("bioscope is running and uses the cache {}; try again when it has ended",
                         cache.string());
    if (errno != EINTR) return os_error(errno, "cannot lock {}", gate(cache).string());
  }
  return fd;
}

// A kept source tree is locked by whoever builds in it.
bool is_busy(const Entry& entry) {
  if (entry.kind != "kernel build") return false;
  const auto lock = package::Lock::try_take(entry.path / "lock");
  return lock && !*lock;
}

}  // namespace

std::vector<Entry> entries(const fs::path& cache) {
  std::vector<Entry> found;
  Measure measure;
  for (const auto& shelf : kShelves) {
    std::error_code code;
    for (fs::directory_iterator entry(cache / shelf.folder, code), end; !code && entry != end;
         entry.increment(code)) {
      const auto name = entry->path().filename().string();
      if (name.starts_with('.') || name == "lock" || name == "partial") continue;
      found.push_back({.kind = std::string(shelf.kind),
                       .path = entry->path(),
                       .bytes = measure(entry->path()),
                       .used = used(entry->path())});
    }
  }
  std::error_code code;
  if (const auto path = cache / kCompiler.folder; fs::exists(path, code))
    found.push_back({.kind = std::string(kCompiler.kind),
                     .path = path,
                     .bytes = measure(path),
                     .used = used(path)});
  std::ranges::stable_sort(found, {}, &Entry::used);
  return found;
}

Result<Use> Use::begin(const fs::path& cache) {
  BSC_TRY_ASSIGN(auto fd, lock(cache, LOCK_SH));
  return Use(std::move(fd));
}

Result<Trimmed> trim(const fs::path& cache, std::uint64_t quota) {
  BSC_TRY_ASSIGN(const auto alone, lock(cache, LOCK_EX | LOCK_NB));
  Trimmed result;
  const auto all = entries(cache);
  for (const auto& entry : all) result.left += entry.bytes;
  for (const auto& entry : all) {
    if (result.left <= quota) break;
    if (is_busy(entry)) continue;
    std::error_code code;
    fs::remove_all(entry.path, code);
    if (code) return os_error(code.value(), "cannot remove {}", entry.path.string());
    ++result.removed;
    result.bytes += entry.bytes;
    result.left -= entry.bytes;
  }
  return result;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto step = unit.empty() ? std::string_view::npos : kUnits.find(unit[0]);
  const bool good = error == std::errc() && value >= 0 && value < 1e6 * (unit.empty() ? 1e12 : 1) &&
                    (unit.empty() || (unit.size() == 1 && step != std::string_view::npos));
  if (!good) return usage_error("\"{}\" is no size; write 20G, 512M or 0", text);
  for (std::size_t i = 0; !unit.empty() && i <= step; ++i) value *= 1024;
  return static_cast<std::uint64_t>(value);
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace bioscope::cache
