// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "harness/base/fd.h"

namespace bioscope::nvdimm {
namespace {

Status outside(std::uint64_t offset, std::size_t bytes, std::uint64_t size) {
  return usage_error("{} bytes at {:#x} are not within the file of {:#x}", bytes, offset, size);
}

bool within_size(std::uint64_t offset, std::size_t bytes, std::uint64_t size) {
  return bytes <= size && offset <= size - bytes;
}

class FileBytes final : public Bytes {
 public:
  FileBytes(Fd fd, std::uint64_t size, std::filesystem::path path)
      : fd_(std::move(fd)), size_(size), path_(std::move(path)) {}

  std::uint64_t size() const override { return size_; }

  Status read(std::uint64_t offset, std::span<std::uint8_t> into) const override {
    if (!within_size(offset, into.size(), size_)) return outside(offset, into.size(), size_);
    while (!into.empty()) {
      const ssize_t got = ::pread(fd_.get(), into.data(), into.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_error(errno, "cannot read {}", path_.string());
      if (got == 0) return usage_error("{} became shorter while it was read", path_.string());
      offset += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

  std::uint64_t next_data(std::uint64_t offset) const override {
    const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (data >= 0) return static_cast<std::uint64_t>(data);
    return errno == ENXIO ? size_ : offset;
  }

 private:
  Fd fd_;
  std::uint64_t size_;
  std::filesystem::path path_;
};

}  // namespace

Result<std::unique_ptr<Bytes>> open_bytes(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    const int code = errno;
    return std::unexpected(
        Error{Blame::kUsage, code, fmt::format("cannot open {}", path.string())});
  }
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) return os_error(errno, "cannot read {}", path.string());
  if (!S_ISREG(facts.st_mode) && !S_ISBLK(facts.st_mode))
    return usage_error("{} is neither a file nor a block device", path.string());
  // Of a block device stat tells no size.
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  if (size < 0) return os_error(errno, "cannot read {}", path.string());
  return std::make_unique<FileBytes>(std::move(fd), static_cast<std::uint64_t>(size), path);
}

Status MemoryBytes::read(std::uint64_t offset, std::span<std::uint8_t> into) const {
  if (!within_size(offset, into.size(), size())) return outside(offset, into.size(), size());
  std::ranges::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset),
                      static_cast<std::ptrdiff_t>(into.size()), into.begin());
  return {};
}

}  // namespace bioscope::nvdimm
