// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/build.h"

#include <algorithm>
#include <thread>

#include <fmt/ranges.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/kbuild/apply.h"
#include "harness/kbuild/configure.h"
#include "harness/kbuild/diagnose.h"
#include "harness/kbuild/make.h"
#include "harness/kbuild/narrow.h"
#include "harness/kbuild/publish.h"
#include "harness/kbuild/source.h"
#include "harness/kbuild/tree.h"
#include "harness/kernel/built.h"
#include "harness/kernel/digest.h"
#include "harness/package/lock.h"
#include "harness/process/process.h"

// The cache: kernel/build/PLACE/ holds the kept tree of one source with a folder of objects per
// variant in it (tree/out-VARIANT), kernel/log/KEY what make said. ccache has a folder of its own.
namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kFormat = 1;  // of what is published; a new number forgets all keys

// Of the series alone, whatever its patches are called.
std::string digest_of(const Overlay& overlay) {
  std::string text;
  for (const auto& [path, content] : overlay)
    text += content ? fmt::format("{} {} {}\n", path, content->executable ? 'x' : '-',
                                  kernel::digest(content->bytes))
                    : fmt::format("{} gone\n", path);
  return text.empty() ? "" : kernel::digest(text);
}

bool is_kconfig(const std::string& path) {
  return fs::path(path).filename().string().starts_with("Kconfig") ||
         path.starts_with("scripts/kconfig/");
}

std::string digest_of_kconfig(const Overlay& overlay) {
  Overlay part;
  for (const auto& [path, content] : overlay)
    if (is_kconfig(path)) part.emplace(path, content);
  return digest_of(part);
}

Status check_programs() {
  constexpr std::pair<const char*, const char*> kNeeded[] = {
      {"make", "make"},      {"gcc", "gcc"},     {"ld", "binutils"}, {"objcopy", "binutils"},
      {"flex", "flex"},      {"bison", "bison"}, {"bc", "bc"},       {"perl", "perl"},
      {"pahole", "dwarves"}, {"git", "git"},     {"tar", "tar"},     {"xz", "xz-utils"},
      {"depmod", "kmod"}};
  std::string lacking;
  for (const auto& [program, package] : kNeeded)
    if (!process::find_program(program) && lacking.find(package) == std::string::npos)
      lacking += fmt::format(" {}", package);
  if (lacking.empty()) return {};
  return host_error(
      "building a kernel needs programs that are not here; install them: apt-get "
      "install{}",
      lacking);
}

// "0001-dm-fix.patch" and "/x/my series/" as part of a name.
std::string plain(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result,
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '-');
  result.resize(std::min<std::size_t>(result.size(), 40));
  return result;
}

std::string made_name(const Request& request, const Source& source) {
  auto name = plain(source.label);
  if (request.variant.name() != "plain") name += "-" + request.variant.name();
  if (!request.patches.empty()) {  // which have no name of their own
    std::string text;
    for (const auto& patch : request.patches) text += (patch.reverse ? "-" : "+") + patch.diff;
    name += fmt::format("+{}-{}", request.patches.size(), kernel::digest(text).substr(0, 8));
  }
  if (request.series.empty()) return name;
  const std::string_view first = request.series[0];
  if (first.starts_with("git:")) return name + "+" + plain(first.substr(4));
  auto path = fs::path(first);
  if (path.filename().empty()) path = path.parent_path();
  return name + "+" +
         plain(path.extension() == ".patch" ? path.stem().string() : path.filename().string());
}

class Build {
 public:
  Build(const Request& request, const Options& options) : request_(request), options_(options) {}

  Result<std::vector<series::Patch>> read() {
    BSC_TRY_ASSIGN(source_, resolve(request_.source, packages()));
    BSC_TRY(read_series());
    return std::move(patches_);
  }

  Result<Outcome> run() {
    BSC_TRY(request_.variant.check());
    if (!request_.name.empty()) BSC_TRY(kernel::check_built_name(request_.name));
    BSC_TRY(read_wishes());
    BSC_TRY(check_programs());
    BSC_TRY_ASSIGN(source_, resolve(request_.source, packages()));
    BSC_TRY(read_series());
    place_ = options_.cache / "kernel/build" / source_.place;
    BSC_TRY_ASSIGN(const auto lock, take_lock());
    BSC_TRY(within("set up the source", fill_tree()));
    auto built = in_tree();
    if (!broken_.empty()) return Outcome{.broken = broken_, .log = log_, .targets = targets_};
    return built;
  }

 private:
  package::Options packages() const {
    return {.cache = options_.cache, .etc = options_.etc, .progress = options_.say};
  }

  void say(std::string_view line) const {
    if (options_.say) options_.say(line);
  }

  Status read_wishes() {
    wishes_.base = embedded_fragment("base");
    for (const auto name : request_.variant.fragments()) {
      auto more = embedded_fragment(name);
      wishes_.variant.insert(wishes_.variant.end(), more.begin(), more.end());
    }
    for (const auto& path : request_.fragments) {
      const auto text = read_file(path);
      if (!text) return usage_error("--config {}: {}", path.string(), text.error().text());
      BSC_TRY_ASSIGN(auto more, within("--config", parse_fragment(*text, path.string())));
      wishes_.user.insert(wishes_.user.end(), more.begin(), more.end());
    }
    return {};
  }

  Status read_series() {
    for (const auto& one : request_.series) {
      std::vector<series::Patch> more;
      if (one.starts_with("git:")) {
        BSC_TRY_ASSIGN(more, patches_of_range(source_, std::string_view(one).substr(4)));
      } else {
        BSC_TRY_ASSIGN(more, series::read(one));
      }
      patches_.insert(patches_.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }
    patches_.insert(patches_.end(), request_.patches.begin(), request_.patches.end());
    return {};
  }

  // Polls, so that an interrupt ends the wait.
  Result<package::Lock> take_lock() {
    bool told = false;
    for (;;) {
      BSC_TRY_ASSIGN(auto lock, package::Lock::try_take(place_ / "lock"));
      if (lock) return std::move(*lock);
      if (!told) say("another build of this source is running; waiting for its end");
      told = true;
      if (options_.stop.stop_requested()) return host_error("interrupted");
      std::this_thread::sleep_for(200ms);
    }
  }

  Status fill_tree() {
    BSC_TRY_ASSIGN(tree_, WorkTree::open(place_));
    const auto held = read_file(place_ / "content");
    if (!held || *held != source_.content) {
      // What is kept of the files of another base is worth nothing over this one.
      if (held) BSC_TRY(tree_->sync({}));
      BSC_TRY(fill(source_, place_, packages()));
      std::error_code code;
      fs::remove(place_ / "changed", code);
      BSC_TRY_ASSIGN(tree_, WorkTree::open(place_));
    }
    out_ = "out-" + request_.variant.name();
    return make_directories(objects());
  }

  fs::path objects() const { return tree_->root() / out_; }

  Result<Outcome> in_tree() {
    const auto original = [this](const std::string& path) { return tree_->original(path); };
    BSC_TRY_ASSIGN(const auto overlay, apply(patches_, original, place_ / "scratch"));
    // A part of a series may.
    if (!patches_.empty() && overlay.empty() && request_.patches.empty())
      return usage_error("the series changes nothing: its patches undo each other");
    series_ = digest_of(overlay);
    BSC_TRY_ASSIGN(const auto key, request_key());
    log_ = options_.cache / "kernel/log" / (key + ".log");
    Outcome outcome{.name = request_.name.empty() ? made_name(request_, source_) : request_.name,
                    .log = log_};
    if (auto kernel = kernel::recall_built(key, options_.cache)) {
      outcome.kernel = std::move(*kernel);
      outcome.reused = true;
    } else {
      // First, since it may take the configuration too: files' times are no finer than a tick.
      BSC_TRY(sweep(tree_->root(), out_));
      BSC_TRY(within("configure", configure(overlay)));
      BSC_TRY(tree_->sync(overlay));
      BSC_TRY(within("build", compile(overlay)));
      BSC_TRY_ASSIGN(outcome.kernel, within("publish", published(key)));
    }
    BSC_TRY(kernel::name_built(outcome.name, key, options_.cache));
    outcome.kernel.spec = "built:" + outcome.name;
    outcome.targets = targets_;
    return outcome;
  }

  // Of everything that decides what comes out.
  Result<std::string> request_key() {
    BSC_TRY_ASSIGN(compiler_, process::run_checked({.argv = {"gcc", "--version"}}));
    std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", kFormat, source_.content, series_,
                                   request_.variant.name(), compiler_);
    for (const auto& variable : request_.variant.make_variables()) text += variable + '\n';
    for (const auto* part : {&wishes_.base, &wishes_.variant, &wishes_.user})
      text += to_config(*part) + '\n';
    return kernel::digest(text);
  }

  Status configure(const Overlay& overlay) {
    Configurator configurator(
        tree_->root(), objects(),
        [this](const std::vector<std::string>& arguments) {
          return make(arguments, place_ / "configure.log", {});
        },
        options_.say);
    if (configurator.wants_base(wishes_, source_.content)) {
      BSC_TRY(tree_->sync({}));
      BSC_TRY(configurator.make_base(wishes_, source_.content));
    }
    BSC_TRY(tree_->sync(overlay));
    return configurator.configure(wishes_, digest_of_kconfig(overlay));
  }

  Status compile(const Overlay& overlay) {
    BSC_TRY_ASSIGN(const auto config, read_file(objects() / ".config"));
    // Who takes what is prepared for granted has to know that the compiler is the same.
    const auto now = Ingredients::of(
        fmt::format("{} {} {}", source_.content, kernel::digest(config), kernel::digest(compiler_)),
        overlay);
    const auto before = take_ingredients(objects());
    const auto folders = before ? narrowed(objects(), *before, now) : std::nullopt;
    // A narrow make that fails may have been too narrow.
    if (!folders || !compile_modules(*folders)) BSC_TRY(compile_all());
    return keep_ingredients(objects(), now);
  }

  // Kbuild tells modpost by this list that there is something new, and would write it anew on its
  // way back from the folders. What comes before them hangs on none of what has changed.
  Status compile_modules(const std::set<std::string>& folders) {
    BSC_TRY_ASSIGN(const auto order, read_file(objects() / "modules.order"));
    BSC_TRY(write_file(objects() / "modules.order", order));
    say(fmt::format("compiling modules of {}", fmt::join(folders, ", ")));
    auto arguments = request_.variant.make_variables();
    arguments.push_back(fmt::format("build-dir={}", fmt::join(folders, " ")));
    arguments.insert(arguments.end(), {"vmlinux", "modules"});
    const Status made =
        make(std::move(arguments), log_,
             options_.progress
                 ? [this](std::size_t n) { options_.progress({.targets = n, .expected = 0}); }
                 : std::function<void(std::size_t)>(),
             {"prepare"});
    broken_.clear();
    return made;
  }

  Status compile_all() {
    const auto counts = place_ / ("targets-" + request_.variant.name());
    const auto known = read_file(counts);
    const std::size_t last = known ? std::strtoul(known->c_str(), nullptr, 10) : 0;
    std::error_code code;
    const bool anew = !fs::exists(objects() / "vmlinux", code);
    std::vector<std::string> arguments = request_.variant.make_variables();
    arguments.insert(arguments.end(), {"vmlinux", "modules"});
    say(anew ? "compiling all of it" : "compiling what changed");
    BSC_TRY(make(arguments, log_, [&](std::size_t targets) {
      if (options_.progress) options_.progress({.targets = targets, .expected = anew ? last : 0});
    }));
    if (anew) BSC_TRY(write_file(counts, std::to_string(targets_)));
    return {};
  }

  Status make(std::vector<std::string> arguments, const fs::path& log,
              std::function<void(std::size_t)> step, std::vector<std::string> settled = {}) {
    const unsigned jobs = options_.jobs != 0 ? options_.jobs : std::thread::hardware_concurrency();
    const auto suffix = request_.variant.name() == "plain" ? "" : "-" + request_.variant.name();
    const bool cached = process::find_program("ccache").has_value();
    arguments.insert(
        arguments.begin(),
        {fmt::format("-j{}", std::max(jobs, 1u)), "-Otarget", "ARCH=x86_64",
         cached ? "CC=ccache gcc" : "CC=gcc", fmt::format("LOCALVERSION=-bioscope{}", suffix),
         // Objects do not depend on where the cache is.
         fmt::format("KCFLAGS=-fdebug-prefix-map={}=/usr/src/linux", tree_->root().string())});
    BSC_TRY_ASSIGN(const auto made, run_make({.tree = tree_->root(),
                                              .out = out_,
                                              .arguments = std::move(arguments),
                                              .settled = std::move(settled),
                                              .environment = environment(),
                                              .log = log,
                                              .stop = options_.stop,
                                              .hold = options_.hold,
                                              .step = std::move(step)}));
    targets_ = made.targets;
    if (made.ok) return {};
    log_ = log;
    return explain(log);
  }

  std::map<std::string, std::string> environment() const {
    std::map<std::string, std::string> result{
        {"LC_ALL", "C"},
        {"KBUILD_BUILD_TIMESTAMP", "1970-01-01 00:00:00 +0000"},
        {"KBUILD_BUILD_USER", "bioscope"},
        {"KBUILD_BUILD_HOST", "bioscope"},
        {"KBUILD_BUILD_VERSION", "1"},
        {"CCACHE_DIR", (options_.cache / "ccache").string()},
        {"CCACHE_NOHASHDIR", "1"}};
    for (const char* name : {"MAKEFLAGS", "MAKELEVEL", "KBUILD_OUTPUT", "CROSS_COMPILE", "CFLAGS",
                             "LDFLAGS", "KCONFIG_CONFIG", "GIT_DIR", "V", "W", "C", "O", "M"})
      result.emplace(name, "");
    return result;
  }

  Status explain(const fs::path& log) {
    BSC_TRY_ASSIGN(const auto text, read_file(log));
    const auto diagnosis = diagnose(text);
    switch (diagnosis.trouble) {
      case Trouble::kCode: broken_ = diagnosis.text; break;
      case Trouble::kDiskFull:
        return os_error(ENOSPC,
                        "the disk of {} is full; make room there, as by `bioscope cache trim`",
                        options_.cache.string());
      case Trouble::kKilled:
        return host_error("the compiler was killed ({}); memory may be short, try --jobs 1",
                          diagnosis.text);
      case Trouble::kOther: break;
    }
    return host_error("make failed{}{}; all it said is in {}", diagnosis.text.empty() ? "" : ": ",
                      diagnosis.text, log.string());
  }

  Result<kernel::Kernel> published(const std::string& key) {
    BSC_TRY_ASSIGN(const auto config, read_file(objects() / ".config"));
    Product product{.out = objects(),
                    .key = key,
                    .origin = {.source = source_.spec,
                               .version = source_.version,
                               .variant = request_.variant.name(),
                               .series = series_,
                               .config = kernel::digest(config)},
                    .patches = patches_};
    for (const auto& patch : patches_) product.origin.patches.push_back(patch.name);
    return publish(product, options_.cache);
  }

  const Request& request_;
  const Options& options_;
  Source source_{};
  Wishes wishes_{};
  std::vector<series::Patch> patches_{};
  fs::path place_{};
  std::optional<WorkTree> tree_{};
  std::string out_{};
  std::string series_{};
  std::string compiler_{};  // and its version
  fs::path log_{};
  std::string broken_{};
  std::size_t targets_ = 0;
};

}  // namespace

Result<Outcome> build(const Request& request, const Options& options) {
  auto placed = options;
  std::error_code code;
  placed.cache = fs::absolute(options.cache, code);
  return Build(request, placed).run();
}

bool is_source(std::string_view spec) {
  return spec.starts_with("debian:") || spec.starts_with("tree:") || spec.starts_with("tar:");
}

Result<std::vector<series::Patch>> read_patches(const Request& request, const Options& options) {
  return Build(request, options).read();
}

}  // namespace bioscope::kbuild
