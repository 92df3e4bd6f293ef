// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "harness/base/file.h"

namespace bioscope::kernel {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return os_error(errno, "cannot stat {}", path.string());
  if (status.st_size == 0) return MappedFile({});
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return os_error(errno, "cannot map {}", path.string());
  return MappedFile({static_cast<const char*>(data), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace bioscope::kernel
