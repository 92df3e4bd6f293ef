// SPDX-License-Identifier: GPL-2.0-only
#include <sys/utsname.h>

#include <algorithm>

#include "harness/base/file.h"
#include "harness/kernel/built.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/modules.h"
#include "harness/kernel/spec.h"
#include "harness/kernel/take_apart.h"
#include "harness/package/package.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMeta = "linux-image-amd64";  // depends on the release's own image

constexpr std::chrono::minutes kOneCall(10);

package::Options package_options(const Options& options) {
  return {.cache = options.cache,
          .etc = options.etc,
          .index_age = options.index_age,
          .progress = options.progress};
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<fs::path> whole_path(const fs::path& path) {
  std::error_code code;
  auto result = fs::absolute(path, code);
  if (code) return os_error(code.value(), "cannot tell where {} is", path.string());
  return result;
}

// The meta package of a series: "6.12" and "6.12.117-1" give "linux-image-6.12-amd64".
std::string series_meta(std::string_view version) {
  const auto minor = version.find('.') + 1;
  return fmt::format("linux-image-{}-amd64", version.substr(0, version.find('.', minor)));
}

// The image package that a meta package stands for: "linux-image-6.1.0-56-amd64".
Result<std::string> image_of(std::string_view meta, const package::Options& options) {
  BSC_TRY_ASSIGN(const auto names, package::depends(meta, options));
  const auto image = std::ranges::find_if(
      names, [](const auto& name) { return name.starts_with("linux-image-"); });
  if (image == names.end())
    return host_error("the package {} depends on no linux-image package", meta);
  return *image;
}

// The one entry of `folder` whose name begins with `prefix`.
Result<fs::path> only_entry(const fs::path& folder, std::string_view prefix) {
  std::error_code code;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code))
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  if (code) return os_error(code.value(), "cannot list {}", folder.string());
  if (found.size() != 1)
    return host_error("{} has {} entries {}* instead of one", folder.string(), found.size(),
                      prefix);
  return found[0];
}

Result<Kernel> from_package(const std::string& image, const std::string& version,
                            const Options& options) {
  BSC_TRY_ASSIGN(const auto tree,
                 package::unpacked(fmt::format("{}={}", image, version), package_options(options)));
  BSC_TRY_ASSIGN(const auto vmlinuz, only_entry(tree / "boot", "vmlinuz-"));
  BSC_TRY_ASSIGN(auto kernel, within(vmlinuz.string(), take_apart(vmlinuz, options)));
  kernel.version = version;
  const auto config = tree / "boot" / ("config-" + kernel.release);
  if (is_file(config)) kernel.config = config;
  for (const char* place : {"lib/modules", "usr/lib/modules"}) {
    const auto modules = tree / place / kernel.release;
    std::error_code ignored;
    if (!fs::is_directory(modules, ignored)) continue;
    BSC_TRY_ASSIGN(kernel.modules, indexed_modules(modules, options));
    return kernel;
  }
  return host_error("the package {} has no lib/modules/{}", image, kernel.release);
}

Result<Kernel> stock(const Options& options) {
  const auto packages = package_options(options);
  BSC_TRY_ASSIGN(const auto image, image_of(kMeta, packages));
  BSC_TRY_ASSIGN(const auto version, package::candidate(image, packages));
  return from_package(image, version, options);
}

// Asking for a package that is not there costs a refresh of the index, so the likelier comes first.
std::vector<std::string> metas_of(std::string_view version, std::string_view own) {
  const auto other = series_meta(version);
  if (series_meta(own) == other) return {std::string(kMeta), other};
  return {other, std::string(kMeta)};
}

Result<Kernel> series(const std::string& wanted, const Options& options) {
  const auto packages = package_options(options);
  BSC_TRY_ASSIGN(const auto own, package::candidate(kMeta, packages));
  if (own.starts_with(wanted + ".")) return stock(options);
  auto image = image_of(series_meta(wanted), packages);
  if (!image && image.error().blame == Blame::kUsage)
    return usage_error(
        "the apt sources in {} have no {}, and {} is {}; add your release's -security or "
        "-backports suite, and for backports name the version: stock:=VERSION as "
        "`apt-cache policy {}` shows it",
        options.etc.string(), series_meta(wanted), kMeta, own, kMeta);
  if (!image) return std::unexpected(std::move(image).error());
  BSC_TRY_ASSIGN(const auto version, package::candidate(*image, packages));
  return from_package(*image, version, options);
}

Result<std::string> image_of_version(const std::string& version, const package::Options& packages) {
  BSC_TRY_ASSIGN(const auto own, package::candidate(kMeta, packages));
  std::optional<Error> first;
  for (const auto& meta : metas_of(version, own)) {
    auto image = image_of(fmt::format("{}={}", meta, version), packages);
    if (image || image.error().blame != Blame::kUsage) return image;
    if (!first) first = std::move(image).error();
  }
  return std::unexpected(std::move(*first));
}

// Which package a version belongs to never changes, and the index forgets old versions.
Result<Kernel> pinned(const std::string& version, const Options& options) {
  if (version.find('/') != std::string::npos)
    return usage_error("{} is no version of a package", version);
  const auto memo = options.cache / "kernel/pinned" / version;
  auto image = read_file(memo);
  if (!image) {
    BSC_TRY_ASSIGN(image, image_of_version(version, package_options(options)));
    BSC_TRY(make_directories(memo.parent_path()));
    BSC_TRY(write_file(memo, *image));
  }
  return from_package(*image, version, options);
}

// Where builds and distributions put the configuration of a kernel file.
fs::path neighbouring_config(const fs::path& file) {
  const auto name = file.filename().string();
  fs::path config;
  if (name.starts_with("vmlinuz-"))
    config = file.parent_path() / ("config-" + name.substr(8));
  else if (name == "vmlinux")
    config = file.parent_path() / ".config";
  else if (name == "bzImage")  // arch/x86/boot/bzImage
    config = file.parent_path() / "../../../.config";
  std::error_code code;
  const auto built = fs::last_write_time(file, code);
  const auto configured = fs::last_write_time(config, code);
  // A build tree that was configured again since says nothing about this kernel.
  if (code || (config.filename() == ".config" && configured > built)) return {};
  return fs::weakly_canonical(config, code);
}

Result<Kernel> file(const fs::path& path, const Options& options) {
  BSC_TRY_ASSIGN(auto kernel, take_apart(path, options));
  if (kernel.config.empty()) {
    BSC_TRY_ASSIGN(const auto place, whole_path(path));
    kernel.config = neighbouring_config(place);
  }
  if (!options.modules.empty()) {
    BSC_TRY_ASSIGN(const auto modules, whole_path(options.modules));
    BSC_TRY_ASSIGN(kernel.modules, given_modules(modules, kernel.release));
  }
  return kernel;
}

Result<Kernel> host(const Options& options) {
  struct utsname running{};
  if (::uname(&running) != 0) return os_error(errno, "cannot ask for the running kernel");
  const std::string release = running.release;
  const fs::path boot = "/boot/vmlinuz-" + release;
  if (!is_file(boot))
    return usage_error("this machine runs {} but has no {}; install its package or give file:PATH",
                       release, boot.string());
  auto own = options;
  own.modules = "/lib/modules/" + release;
  return within(boot.string(), file(boot, own));
}

Result<Kernel> provided(const Spec& spec, const Options& options) {
  switch (spec.source) {
    case Source::kStock: return stock(options);
    case Source::kSeries: return series(spec.value, options);
    case Source::kPinned: return pinned(spec.value, options);
    case Source::kBuilt: return built(spec.value, options.cache);
    case Source::kFile: return file(spec.value, options);
    case Source::kHost: return host(options);
  }
  std::unreachable();
}

}  // namespace

Result<Kernel> provide(std::string_view spec, const Options& options) {
  BSC_TRY_ASSIGN(const auto parsed, parse_spec(spec));
  if (!options.modules.empty() && parsed.source != Source::kFile)
    return usage_error("kernel {}: it has modules of its own; --modules goes with file:PATH", spec);
  auto placed = options;
  BSC_TRY_ASSIGN(placed.cache, whole_path(options.cache));
  const bool packaged = parsed.source != Source::kFile && parsed.source != Source::kHost &&
                        parsed.source != Source::kBuilt;
  if (packaged && options.index_age < kOneCall) {
    // One refresh answers every question of this call.
    BSC_TRY(package::candidate(kMeta, package_options(placed)));
    placed.index_age = kOneCall;
  }
  BSC_TRY_ASSIGN(auto kernel, within(fmt::format("kernel {}", spec), provided(parsed, placed)));
  kernel.spec = spec;
  return kernel;
}

}  // namespace bioscope::kernel
