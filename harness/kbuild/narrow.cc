// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/narrow.h"

#include <algorithm>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/kernel/digest.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

constexpr char kKept[] = ".made-of";

// Paths that differ; nothing if the series takes a file away, or if one is of a kind that make
// itself reads. One that it adds is compiled by nobody yet unless another that differs says so.
std::optional<std::vector<std::string>> sources_that_differ(const Ingredients& before,
                                                            const Ingredients& now) {
  std::set<std::string> paths;
  for (const auto* one : {&before, &now})
    for (const auto& [path, digest] : one->files) paths.insert(path);
  std::vector<std::string> differ;
  for (const std::string& path : paths) {
    const auto was = before.files.find(path), is = now.files.find(path);
    const bool same =
        was != before.files.end() && is != now.files.end() && was->second == is->second;
    if (same) continue;
    for (const auto& [in, at] : {std::pair{&before.files, was}, {&now.files, is}})
      if (at != in->end() && at->second.empty()) return std::nullopt;
    if (!path.ends_with(".c") && !path.ends_with(".h")) return std::nullopt;
    differ.push_back(path);
  }
  return differ;
}

// "drivers/md/.dm-linear.o.cmd" is of drivers/md/dm-linear.o.
std::string target_of(const fs::path& command, const fs::path& objects) {
  const auto relative = command.lexically_relative(objects);
  const std::string name = relative.stem();  // without .cmd
  return (relative.parent_path() / name.substr(1)).string();
}

bool is_dependency(const std::string& command, const std::string& path) {
  const std::string wanted = "../" + path;  // from the folder of objects, which lies in the tree
  for (auto at = command.find(wanted); at != command.npos; at = command.find(wanted, at + 1)) {
    const auto end = at + wanted.size();
    const bool whole = end == command.size() || std::string_view(" )\n\\").contains(command[end]);
    const bool begins = at == 0 || std::string_view(" (\n").contains(command[at - 1]);
    if (whole && begins) return true;
  }
  return false;
}

}  // namespace

Ingredients Ingredients::of(const std::string& base, const Overlay& overlay) {
  Ingredients result{.base = base};
  for (const auto& [path, content] : overlay)
    result.files[path] = content ? fmt::format("{}{}", kernel::digest(content->bytes),
                                               content->executable ? "x" : "")
                                 : "";
  return result;
}

std::optional<Ingredients> take_ingredients(const fs::path& objects) {
  const auto text = read_file(objects / kKept);
  std::error_code code;
  fs::remove(objects / kKept, code);
  if (!text || code) return std::nullopt;
  std::string_view rest = *text;
  Ingredients result{.base = std::string(take_line(rest))};
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const auto space = line.find(' ');
    if (space == line.npos) return std::nullopt;
    result.files[std::string(line.substr(space + 1))] = line.substr(0, space);
  }
  return result;
}

Status keep_ingredients(const fs::path& objects, const Ingredients& ingredients) {
  std::string text = ingredients.base + '\n';
  for (const auto& [path, digest] : ingredients.files) text += fmt::format("{} {}\n", digest, path);
  return write_file(objects / kKept, text);
}

std::optional<std::set<std::string>> narrowed(const fs::path& objects, const Ingredients& before,
                                              const Ingredients& now) {
  if (before.base != now.base) return std::nullopt;
  const auto differ = sources_that_differ(before, now);
  if (!differ || differ->empty()) return std::nullopt;
  std::map<std::string, std::string> modules;  // by object: the folder of its module
  std::vector<std::string> made;               // of what differs
  std::error_code code;
  fs::recursive_directory_iterator entry(objects, code);
  for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code)) {
    const auto& path = entry->path();
    const bool module = path.extension() == ".mod", command = path.extension() == ".cmd";
    if (!module && !command) continue;
    const auto text = read_file(path);
    if (!text) return std::nullopt;
    if (module) {
      const auto folder = path.parent_path().lexically_relative(objects).string();
      for (std::string_view rest = *text; !rest.empty();) modules.emplace(take_line(rest), folder);
    } else if (std::ranges::any_of(*differ, [&](auto& one) { return is_dependency(*text, one); })) {
      made.push_back(target_of(path, objects));
    }
  }
  if (code) return std::nullopt;
  std::set<std::string> folders;
  for (const std::string& target : made) {
    const auto module = modules.find(target);
    if (module == modules.end()) return std::nullopt;  // of vmlinux, or a tool
    folders.insert(module->second);
  }
  if (folders.empty()) return std::nullopt;
  return folders;
}

}  // namespace bioscope::kbuild
