// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/publish.h"

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/kernel/built.h"
#include "harness/process/process.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

class Publisher {
 public:
  Publisher(const Product& product, fs::path place)
      : product_(product), out_(product.out), place_(std::move(place)) {}

  Status run() {
    BSC_TRY(add("vmlinux", "vmlinux"));
    BSC_TRY(copy(out_ / ".config", place_ / "config"));
    BSC_TRY(add_modules());
    BSC_TRY(add_patches());
    return kernel::describe_built(place_, product_.key, product_.origin);
  }

 private:
  // A file of the build, as `to` for guests and below debug/ for debuggers.
  Status add(const fs::path& from, const fs::path& to) {
    BSC_TRY(strip(from));
    BSC_TRY(link(out_ / ".stripped" / from, place_ / to));
    // The linker writes new files; only BTF may still be renewed in this one.
    return link(out_ / from, place_ / "debug" / from.filename());
  }

  // Kept beside the objects, so that what did not change costs nothing the next time.
  Status strip(const fs::path& file) const {
    const auto stripped = out_ / ".stripped" / file;
    std::error_code code;
    const auto made = fs::last_write_time(stripped, code);
    if (!code && made > fs::last_write_time(out_ / file, code) && !code) return {};
    BSC_TRY(make_directories(stripped.parent_path()));
    const auto aside = stripped.string() + ".new";
    BSC_TRY(
        process::run_checked({.argv = {"objcopy", "--strip-debug", (out_ / file).string(), aside},
                              .environment = {{"LC_ALL", "C"}}}));
    if (::rename(aside.c_str(), stripped.c_str()) != 0)
      return os_error(errno, "cannot write {}", stripped.string());
    return {};
  }

  static Status link(const fs::path& from, const fs::path& to) {
    BSC_TRY(make_directories(to.parent_path()));
    if (::link(from.c_str(), to.c_str()) == 0) return {};
    if (errno == EMLINK || errno == EXDEV || errno == EPERM) return copy(from, to);
    return os_error(errno, "cannot link {}", to.string());
  }

  static Status copy(const fs::path& from, const fs::path& to) {
    BSC_TRY(make_directories(to.parent_path()));
    std::error_code code;
    fs::copy_file(from, to, code);
    if (code) return os_error(code.value(), "cannot copy {}", from.string());
    return {};
  }

  // As modules_install lays them out.
  Status add_modules() {
    BSC_TRY_ASSIGN(const auto release_line, read_file(out_ / "include/config/kernel.release"));
    const std::string release(trimmed(release_line));
    const auto place = fs::path("lib/modules") / release;
    BSC_TRY(make_directories(place_ / place));
    BSC_TRY_ASSIGN(const auto order, read_file(out_ / "modules.order"));
    std::string installed;
    for (std::string_view rest = order; !rest.empty();) {
      fs::path module = trimmed(take_line(rest));
      if (module.empty()) continue;
      module.replace_extension(".ko");  // later kernels list objects
      BSC_TRY(add(module, place / "kernel" / module));
      installed += fmt::format("kernel/{}\n", module.string());
    }
    BSC_TRY(write_file(place_ / place / "modules.order", installed));
    for (const char* name : {"modules.builtin", "modules.builtin.modinfo"}) {
      std::error_code code;
      if (fs::exists(out_ / name, code)) BSC_TRY(copy(out_ / name, place_ / place / name));
    }
    BSC_TRY(process::run_checked({.argv = {"depmod", "-b", place_.string(), release}}));
    return {};
  }

  Status add_patches() {
    for (std::size_t i = 0; i < product_.patches.size(); ++i) {
      const auto& patch = product_.patches[i];
      const auto file = place_ / "series" / fmt::format("{:04}.patch", i + 1);
      BSC_TRY(make_directories(file.parent_path()));
      BSC_TRY(write_file(
          file, fmt::format("Subject: {}\n\n{}", patch.subject.empty() ? patch.name : patch.subject,
                            patch.diff)));
    }
    return {};
  }

  const Product& product_;
  fs::path out_;
  fs::path place_;
};

}  // namespace

Result<kernel::Kernel> publish(const Product& product, const fs::path& cache) {
  const auto place = kernel::built_place(product.key, cache);
  const auto aside = place.string() + ".new";
  std::error_code code;
  fs::remove_all(aside, code);
  BSC_TRY(make_directories(aside));
  if (auto done = Publisher(product, aside).run(); !done) {
    fs::remove_all(aside, code);
    return std::unexpected(std::move(done).error());
  }
  fs::remove_all(place, code);
  if (::rename(aside.c_str(), place.c_str()) != 0)
    return os_error(errno, "cannot write {}", place.string());
  auto kernel = kernel::recall_built(product.key, cache);
  if (!kernel) return host_error("{} was changed by somebody else", place.string());
  return std::move(*kernel);
}

}  // namespace bioscope::kbuild
