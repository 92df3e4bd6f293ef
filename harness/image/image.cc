// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/image.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <system_error>

#include "harness/base/file.h"
#include "harness/image/archive.h"
#include "harness/image/file.h"
#include "harness/image/module.h"
#include "harness/image/tool.h"
#include "harness/package/lock.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

// An image that was not asked for during this time is not kept.
constexpr auto kKeep = std::chrono::hours(24 * 14);

// What any program expects; /usr is merged as in Debian.
Status add_skeleton(Archive& archive) {
  for (const char* folder : {"/dev", "/proc", "/sys", "/run", "/etc", "/mnt", "/var", "/usr/bin",
                             "/usr/sbin", "/usr/lib", "/usr/lib64"})
    BSC_TRY(archive.add_directory(folder));
  for (const char* folder : {"bin", "sbin", "lib", "lib64"})
    BSC_TRY(archive.add_link(fmt::format("/{}", folder), fmt::format("usr/{}", folder)));
  BSC_TRY(archive.add_directory("/tmp", 01777));
  BSC_TRY(archive.add_directory("/root", 0700));
  // Before init mounts devtmpfs, the kernel opens the console for it.
  BSC_TRY(archive.add_device("/dev/console", 0600, 5, 1));
  return archive.add_device("/dev/null", 0666, 1, 3);
}

// Also without a slash at the end: the last part is the kernel's release.
fs::path normal(const fs::path& path) {
  std::error_code code;
  auto result = path.empty() ? path : fs::absolute(path, code).lexically_normal();
  return result.has_filename() ? result : result.parent_path();
}

Status add_modules(Archive& archive, const fs::path& directory, const Closure& closure) {
  for (const auto& module : closure.modules) {
    const auto guest = guest_path(directory, module);
    if (module.path.extension() == ".ko")
      BSC_TRY(archive.add_file(guest, module.path, 0644));
    else
      BSC_TRY(archive.add_unpacked(guest, module.path));
  }
  BSC_TRY_ASSIGN(auto table, module_table(directory, closure));
  return archive.add_text(kModuleTable, std::move(table));
}

void sweep(const fs::path& folder) {
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    std::error_code gone;
    const auto used = fs::last_write_time(at->path(), gone);
    if (!gone && fs::file_time_type::clock::now() - used > kKeep) fs::remove(at->path(), gone);
  }
}

// Under the lock: writes aside, where only a build that was interrupted can have left something.
Status publish(const Archive& archive, const fs::path& path) {
  const auto aside = path.parent_path() / ".aside";
  auto written = [&]() -> Status {
    BSC_TRY_ASSIGN(const Fd fd, open_file(aside, O_WRONLY | O_CREAT | O_TRUNC));
    BSC_TRY(archive.write(fd.get()));
    // After a power cut the name must not lead to a part of the image.
    if (::fsync(fd.get()) != 0) return os_error(errno, "cannot sync {}", aside.string());
    if (::rename(aside.c_str(), path.c_str()) != 0)
      return os_error(errno, "cannot write {}", path.string());
    return {};
  }();
  if (!written) ::unlink(aside.c_str());
  return written;
}

}  // namespace

Result<Image> build(const ImageSpec& spec) {
  Archive archive;
  BSC_TRY(add_skeleton(archive));
  const auto modules = normal(spec.modules);
  BSC_TRY_ASSIGN(auto closure, find_closure(modules, spec.needs, spec.optional));
  BSC_TRY(add_modules(archive, modules, closure));
  // The user's files first: where both bring the C library, the newer one is the host's.
  auto tools = spec.tools;
  BSC_TRY(add_files(archive, spec.files, tools));
  BSC_TRY(add_tools(archive, tools,
                    {.cache = spec.cache,
                     // Any version of a tool will do: no day's first run waits for an index.
                     .index_age = std::chrono::seconds::max(),
                     .progress = spec.progress}));
  BSC_TRY(archive.add_file("/init", spec.agent, 0755));

  Image image{.builtin = std::move(closure.builtin)};
  for (auto& module : closure.modules) image.modules.push_back(std::move(module.name));
  const auto folder = spec.cache / "image";
  FileDigests files(folder / ".digests");
  BSC_TRY_ASSIGN(image.digest, archive.key(files));
  image.path = folder / (image.digest + ".cpio");
  const auto used = [&image] {
    std::error_code code;
    fs::last_write_time(image.path, fs::file_time_type::clock::now(), code);
    return !code;
  };
  if (used()) return image;
  BSC_TRY(make_directories(folder));
  BSC_TRY_ASSIGN(const auto lock, package::Lock::take(folder / ".lock"));
  if (used()) return image;
  if (spec.progress) spec.progress("building the guest's image");
  sweep(folder);
  BSC_TRY(within("image", publish(archive, image.path)));
  return image;
}

}  // namespace bioscope::image
