// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/take_apart.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/kernel/bzimage.h"
#include "harness/kernel/decompress.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/elf_file.h"
#include "harness/kernel/vmlinux.h"
#include "harness/package/lock.h"

// The cache: image/DIGEST/{about.json, vmlinux, bzimage, config} by the content of the given file,
// known/KEY links a file's identity to its image, aside/ is work under the lock.
namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{2} << 30;  // with full debug information

// What differs as soon as anybody writes to the file or puts another in its place.
std::string identity(const struct stat& status) {
  return fmt::format("{}:{}:{}:{}.{}:{}.{}", status.st_dev, status.st_ino, status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                     status.st_ctim.tv_nsec);
}

// Whatever is wrong with a remembered image, it is made anew.
std::optional<Kernel> recall(const fs::path& image) {
  const auto text = read_file(image / "about.json");
  if (!text) return std::nullopt;
  const auto about = nlohmann::json::parse(*text, nullptr, false);
  Kernel kernel;
  try {
    const auto there = [&](const char* key) -> fs::path {
      return about.at(key).get<bool>() ? image / key : fs::path();
    };
    kernel.release = about.at("release");
    kernel.build_id = about.at("build_id");
    kernel.digest = about.at("digest");
    kernel.pvh = about.at("pvh");
    kernel.vmlinux = there("vmlinux");
    kernel.config = there("config");
    kernel.boot = image / (kernel.pvh ? "vmlinux" : "bzimage");
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
  for (const auto& path : {kernel.boot, kernel.vmlinux, kernel.config}) {
    std::error_code ignored;
    if (!path.empty() && !fs::is_regular_file(path, ignored)) return std::nullopt;
  }
  // Whoever trims the cache takes what was not used for the longest time.
  ::utimensat(AT_FDCWD, image.c_str(), nullptr, 0);
  return kernel;
}

std::string about(const Kernel& kernel) {
  return nlohmann::json{{"release", kernel.release},
                        {"build_id", kernel.build_id},
                        {"digest", kernel.digest},
                        {"pvh", kernel.pvh},
                        {"vmlinux", !kernel.vmlinux.empty()},
                        {"config", !kernel.config.empty()}}
      .dump(1);
}

bool is_archive(std::string_view bytes) {  // cpio, as in an initramfs
  return bytes.starts_with("070701") || bytes.starts_with("070702");
}

struct Opened {
  bool bzimage = false;
  std::string release{};                  // by the header of the bzImage
  std::optional<std::string> unpacked{};  // where vmlinux was compressed
};

// The outer layer of `given`: a bzImage, a compressed file or neither.
Result<Opened> open_up(std::string_view given) {
  if (!is_bzimage(given)) {
    if (compression(given).empty()) return Opened{};
    BSC_TRY_ASSIGN(auto unpacked, decompress(given, kLargest));
    return Opened{.unpacked = std::move(unpacked)};
  }
  BSC_TRY_ASSIGN(auto image, parse_bzimage(given));
  Opened opened{.bzimage = true, .release = std::move(image.release)};
  if (!compression(image.payload).empty()) {
    BSC_TRY_ASSIGN(opened.unpacked, take_vmlinux(image));
  }
  return opened;
}

// Writes what `given` holds into `aside`.
Status unpack(std::string_view given, const fs::path& aside) {
  if (given.empty()) return usage_error("it is empty");
  BSC_TRY_ASSIGN(const auto opened, open_up(given));
  const bool sealed = opened.bzimage && !opened.unpacked;  // by a compression unknown here
  const std::string_view vmlinux = opened.unpacked ? std::string_view(*opened.unpacked) : given;
  Kernel kernel{.release = opened.release};
  if (!sealed) {
    if (is_archive(vmlinux)) return usage_error("it is an initramfs, not a kernel");
    if (!opened.bzimage && !ElfFile::is_elf(vmlinux))
      return usage_error("it is neither a bzImage nor a vmlinux");
    BSC_TRY_ASSIGN(auto facts, parse_vmlinux(vmlinux));
    kernel.release = std::move(facts.release);
    kernel.build_id = std::move(facts.build_id);
    kernel.pvh = facts.pvh;
    kernel.vmlinux = aside / "vmlinux";
    BSC_TRY(write_file(kernel.vmlinux, vmlinux, true));
    if (const auto config = embedded_config(vmlinux)) {
      kernel.config = aside / "config";
      BSC_TRY(write_file(kernel.config, *config, true));
    }
  }
  if (kernel.release.empty()) return usage_error("its header does not tell the kernel's release");
  if (!kernel.pvh) {
    if (!opened.bzimage)
      return usage_error(
          "it has no PVH note (CONFIG_PVH), without which only its bzImage boots; "
          "give that");
    BSC_TRY(write_file(aside / "bzimage", given, true));
  }
  kernel.digest = digest(kernel.pvh ? vmlinux : given);
  return write_file(aside / "about.json", about(kernel), true);
}

std::unexpected<Error> not_openable(const fs::path& file, Error error) {
  if (error.os_error == ENOENT) return usage_error("there is no such file");
  if (error.os_error == EACCES)
    return usage_error("you may not read it; `sudo chmod a+r {}` would change that", file.string());
  return std::unexpected(std::move(error));
}

Status replace(const fs::path& from, const fs::path& to) {
  BSC_TRY(make_directories(to.parent_path()));
  std::error_code code;
  if (fs::is_directory(to, code)) fs::remove_all(to, code);
  if (::rename(from.c_str(), to.c_str()) != 0)
    return os_error(errno, "cannot write {}", to.string());
  return {};
}

// The image directory of this content, under the lock.
Result<fs::path> store(std::string_view content, const fs::path& root) {
  auto image = root / "image" / digest(content);
  if (recall(image)) return image;
  const auto aside = root / "aside";
  std::error_code code;
  fs::remove_all(aside, code);
  BSC_TRY(make_directories(aside));
  if (auto unpacked = unpack(content, aside); !unpacked) {
    fs::remove_all(aside, code);
    return std::unexpected(std::move(unpacked).error());
  }
  BSC_TRY(replace(aside, image));
  return image;
}

Status remember(const fs::path& link, const fs::path& image) {
  const auto aside = link.parent_path().parent_path() / "link";
  std::error_code code;
  fs::remove(aside, code);
  fs::create_symlink(image, aside, code);
  if (code) return os_error(code.value(), "cannot write {}", aside.string());
  return replace(aside, link);
}

std::optional<Kernel> recall_link(const fs::path& link) {
  std::error_code code;
  const auto image = fs::read_symlink(link, code);
  if (code) return std::nullopt;
  return recall(image);
}

}  // namespace

Result<Kernel> take_apart(const fs::path& file, const Options& options) {
  struct stat before{};
  if (::stat(file.c_str(), &before) != 0)
    return not_openable(file, os_error(errno, "cannot stat {}", file.string()).error());
  if (S_ISDIR(before.st_mode))
    return usage_error("it is a directory; name the bzImage or vmlinux in it");
  if (!S_ISREG(before.st_mode)) return usage_error("it is not a regular file");
  if (static_cast<std::size_t>(before.st_size) > kLargest)
    return usage_error("it is larger than any kernel ({} bytes)", before.st_size);

  const auto root = options.cache / "kernel";
  const auto link = root / "known" / digest(identity(before));
  if (auto kernel = recall_link(link)) return std::move(*kernel);

  BSC_TRY_ASSIGN(const auto lock, package::Lock::take(root / "lock"));
  if (auto kernel = recall_link(link)) return std::move(*kernel);
  if (options.progress) options.progress(fmt::format("taking {} apart", file.string()));
  const auto content = read_file(file);
  if (!content) return not_openable(file, content.error());
  struct stat after{};
  if (::stat(file.c_str(), &after) != 0 || identity(before) != identity(after))
    return usage_error("it changed while it was read; wait until its build has ended");
  BSC_TRY_ASSIGN(const auto image, store(*content, root));
  BSC_TRY(remember(link, image));
  auto kernel = recall(image);
  if (!kernel) return host_error("{} was changed by somebody else", image.string());
  return std::move(*kernel);
}

}  // namespace bioscope::kernel
