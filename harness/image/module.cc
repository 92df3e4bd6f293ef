// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/module.h"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_map>

#include "harness/base/file.h"
#include "harness/image/image.h"
#include "harness/image/kmod.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

using kmod::Context;
using kmod::List;
using kmod::Object;

// Calls `visit` with each module of a list.
Status each(const List& list, const std::function<Status(kmod_module*)>& visit) {
  kmod_list* entry = nullptr;
  kmod_list_foreach(entry, list.get()) {
    const Object object(kmod_module_get_module(entry));
    BSC_TRY(visit(object.get()));
  }
  return {};
}

bool is_builtin(kmod_module* module) {
  return kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
}

template <class Visit>
void each_line(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(line);
  }
}

// "dm_mod" of "kernel/drivers/md/dm-mod.ko.xz"
std::string module_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(std::min(name.size(), name.find(".ko")));
  std::ranges::replace(name, '-', '_');
  return name;
}

// modules.dep: "PATH: PATH...", relative to its directory. Read by ourselves, for libkmod says
// nothing of all dependencies when the file of one is gone.
class Dependencies {
 public:
  explicit Dependencies(std::string text) : text_(std::move(text)) {
    each_line(text_, [&](std::string_view line) {
      const auto colon = line.find(':');
      if (colon != line.npos) lines_.emplace(line.substr(0, colon), line.substr(colon + 1));
    });
  }
  Dependencies(const Dependencies&) = delete;
  Dependencies& operator=(const Dependencies&) = delete;

  std::vector<std::string> of(const std::string& path) const {
    std::vector<std::string> paths;
    const auto line = lines_.find(path);
    if (line == lines_.end()) return paths;
    for (std::string_view rest = line->second; !rest.empty();) {
      const auto word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
      if (!word.empty()) paths.emplace_back(word);
    }
    return paths;
  }

 private:
  std::string text_;
  std::unordered_map<std::string_view, std::string_view> lines_;
};

class Finder {
 public:
  Finder(fs::path directory, Context context, std::string dependencies)
      : directory_(std::move(directory)),
        context_(std::move(context)),
        dependencies_(std::move(dependencies)) {}

  // Whether the kernel has it, as a module or built in.
  Result<bool> add(const std::string& wanted) {
    kmod_list* raw = nullptr;
    const int code = kmod_module_new_from_lookup(context_.get(), wanted.c_str(), &raw);
    const List found(raw);
    if (code < 0) return os_error(-code, "cannot look up module {}", wanted);
    bool has = false;
    BSC_TRY(each(found, [&](kmod_module* module) -> Status {
      has = true;
      if (!is_builtin(module)) return visit(module);
      if (std::ranges::find(closure_.builtin, wanted) == closure_.builtin.end())
        closure_.builtin.push_back(wanted);
      return {};
    }));
    return has;
  }

  Closure take() {
    // Soft dependencies on what is not in the image say nothing.
    for (auto& module : closure_.modules)
      for (auto* names : {&module.before, &module.after})
        std::erase_if(*names, [&](const auto& name) { return !seen_.contains(name); });
    return std::move(closure_);
  }

 private:
  Status visit(kmod_module* module) {
    const std::string name = kmod_module_get_name(module);
    if (is_builtin(module) || !seen_.insert(name).second) return {};
    const char* path = kmod_module_get_path(module);
    if (path == nullptr || ::access(path, R_OK) != 0) return gone(name);
    kmod_list* pre = nullptr;
    kmod_list* post = nullptr;
    if (const int code = kmod_module_get_softdeps(module, &pre, &post); code < 0)
      return os_error(-code, "cannot read the soft dependencies of module {}", name);
    const List before(pre);
    const List after(post);
    BSC_TRY(each(before, [&](kmod_module* other) { return visit(other); }));
    std::set<std::string> depends;
    for (const auto& needed : dependencies_.of(fs::path(path).lexically_relative(directory_))) {
      kmod_module* raw = nullptr;
      if (kmod_module_new_from_path(context_.get(), (directory_ / needed).c_str(), &raw) < 0)
        return gone(needed);
      const Object other(raw);
      depends.insert(kmod_module_get_name(raw));
      BSC_TRY(visit(raw));
    }
    Module& mine = closure_.modules.emplace_back(Module{.name = name, .path = path});
    mine.before = names(before);
    mine.after = names(after);
    for (const auto& other : closure_.modules)
      if (depends.contains(other.name)) mine.depends.push_back(other.name);
    return each(after, [&](kmod_module* other) { return visit(other); });
  }

  std::unexpected<Error> gone(const std::string& module) const {
    return usage_error(
        "{} names module {}, but its file is not there; install the modules anew or "
        "run depmod",
        (directory_ / "modules.dep").string(), module);
  }

  static std::vector<std::string> names(const List& list) {
    std::vector<std::string> result;
    kmod_list* entry = nullptr;
    kmod_list_foreach(entry, list.get()) {
      const Object object(kmod_module_get_module(entry));
      result.emplace_back(kmod_module_get_name(object.get()));
    }
    return result;
  }

  fs::path directory_;
  Context context_;
  Dependencies dependencies_;
  Closure closure_;
  std::set<std::string> seen_;
};

// A file of depmod that may be absent.
Result<std::string> read_if_there(const fs::path& path) {
  auto text = read_file(path);
  if (!text && text.error().os_error == ENOENT) return std::string();
  return text;
}

}  // namespace

Result<Closure> find_closure(const fs::path& directory, const std::vector<std::string>& needs,
                             const std::vector<std::string>& optional) {
  if (directory.empty()) {
    if (needs.empty()) return Closure{};
    return usage_error(
        "module {} is needed, but the kernel comes without modules; give them with "
        "--modules DIR",
        needs.front());
  }
  std::error_code code;
  auto dependencies = read_file(directory / "modules.dep");
  if (!dependencies || !fs::exists(directory / "modules.dep.bin", code))
    return usage_error(
        "{} has no modules.dep of depmod; run depmod for that kernel, or give another "
        "directory with --modules",
        directory.string());
  Context context = kmod::open_context(directory.c_str());
  if (!context) return host_error("libkmod cannot open {}", directory.string());
  Finder finder(directory, std::move(context), *std::move(dependencies));
  std::vector<std::string> missing;
  for (const auto& need : needs) {
    BSC_TRY_ASSIGN(const bool has, finder.add(need));
    if (!has) missing.push_back(need);
  }
  if (!missing.empty())
    return usage_error(
        "the kernel has no module {}: not in {}; use a kernel that has it, or give "
        "its modules with --modules",
        fmt::join(missing, ", "), directory.string());
  for (const auto& name : optional) BSC_TRY(finder.add(name));
  return finder.take();
}

std::string guest_path(const fs::path& directory, const Module& module) {
  auto path =
      fs::path("/lib/modules") / directory.filename() / module.path.lexically_relative(directory);
  auto text = path.string();
  text.resize(text.rfind(".ko") + 3);
  return text;
}

Result<std::string> module_table(const fs::path& directory, const Closure& closure) {
  std::string table;
  std::set<std::string, std::less<>> included;
  for (const auto& module : closure.modules) {
    included.insert(module.name);
    table += fmt::format("module {} {}", module.name, guest_path(directory, module));
    for (const auto& other : module.depends) table += " " + other;
    table += '\n';
  }
  for (const auto& module : closure.modules) {
    for (const auto& other : module.before)
      table += fmt::format("softdep {} pre {}\n", module.name, other);
    for (const auto& other : module.after)
      table += fmt::format("softdep {} post {}\n", module.name, other);
  }
  if (directory.empty()) return table;
  BSC_TRY_ASSIGN(const auto aliases, read_if_there(directory / "modules.alias"));
  each_line(aliases, [&](std::string_view line) {
    // "alias PATTERN NAME"; a pattern has no blank.
    const auto blank = line.rfind(' ');
    if (line.starts_with("alias ") && included.contains(line.substr(blank + 1)))
      table += fmt::format("{}\n", line);
  });
  BSC_TRY_ASSIGN(const auto builtin, read_if_there(directory / "modules.builtin"));
  each_line(builtin, [&](std::string_view line) {
    if (!line.empty()) table += fmt::format("builtin {}\n", module_name(line));
  });
  return table;
}

}  // namespace bioscope::image
