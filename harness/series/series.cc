// SPDX-License-Identifier: GPL-2.0-only
#include "harness/series/series.h"

#include <algorithm>
#include <map>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/series/diff.h"
#include "harness/series/mail.h"

namespace bioscope::series {
namespace {

namespace fs = std::filesystem;

struct Numbered {
  Subject subject{};
  Patch patch{};
};

// A thread saved as an mbox is in the order in which it was sent or received.
Status sort_by_number(std::vector<Numbered>& found) {
  if (!std::ranges::all_of(found, [](const auto& one) { return one.subject.number > 0; }))
    return {};
  std::ranges::stable_sort(found, {}, [](const auto& one) { return one.subject.number; });
  const auto twice =
      std::ranges::adjacent_find(found, {}, [](const auto& one) { return one.subject.number; });
  if (twice == found.end()) return {};
  return usage_error("it has patch {}/{} twice (v{} and v{}); keep one version of the series",
                     twice->subject.number, twice->subject.count, twice->subject.version,
                     std::next(twice)->subject.version);
}

// A mail that somebody sends for the author names him in its first line, as git am knows.
std::string author_of(const Mail& mail) {
  constexpr std::string_view kFrom = "From: ";
  std::string_view body = mail.body;
  const auto first = take_line(body);
  if (first.starts_with(kFrom)) return std::string(trimmed(first.substr(kFrom.size())));
  return mail.from;
}

// What the user gave is the user's to mend.
template <class T>
Result<T> usage(Result<T> result) {
  if (!result) result.error().blame = Blame::kUsage;
  return result;
}

Result<std::vector<Patch>> read_quilt(const fs::path& directory) {
  BSC_TRY_ASSIGN(const auto text, usage(read_file(directory / "series")));
  BSC_TRY_ASSIGN(const auto entries, within((directory / "series").string(), parse_quilt(text)));
  std::vector<Patch> patches;
  for (const auto& [file, strip] : entries) {
    BSC_TRY_ASSIGN(const auto content, usage(read_file(directory / file)));
    BSC_TRY_ASSIGN(auto found, within((directory / file).string(), parse(content, file)));
    if (found.size() > 1)
      return usage_error("{}: a quilt series has one patch per file, this has {}",
                         (directory / file).string(), found.size());
    for (auto& patch : found) {
      patch.name = file;
      patch.strip = strip;
      patches.push_back(std::move(patch));
    }
  }
  return patches;
}

// "0001-dm-fix.patch", and as b4 and others write it, ".diff" and ".mbox".
bool is_numbered(const fs::path& file) {
  const auto name = file.filename().string();
  const auto digits = name.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string::npos && name[digits] == '-' &&
         (name.ends_with(".patch") || name.ends_with(".diff") || name.ends_with(".mbox"));
}

Result<std::vector<Patch>> read_numbered(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end;
       entry.increment(code))
    if (is_numbered(entry->path())) files.push_back(entry->path());
  if (code) return usage_error("series {}: cannot list it", directory.string());
  if (files.empty())
    return usage_error("series {}: it has neither a file `series` nor files NNNN-*.patch",
                       directory.string());
  std::ranges::sort(files, {}, [](const auto& file) { return file.filename().string(); });
  std::vector<Patch> patches;
  for (const auto& file : files) {
    BSC_TRY_ASSIGN(const auto content, usage(read_file(file)));
    BSC_TRY_ASSIGN(auto found, within(file.string(), parse(content, file.filename().string())));
    for (auto& patch : found) {
      patch.name = file.filename();
      patches.push_back(std::move(patch));
    }
  }
  return patches;
}

Result<std::vector<Patch>> read_any(const fs::path& path) {
  std::error_code code;
  const auto status = fs::status(path, code);
  if (!fs::exists(status)) return usage_error("series {}: there is no such path", path.string());
  if (!fs::is_directory(status)) {
    BSC_TRY_ASSIGN(const auto text, usage(read_file(path)));
    auto found =
        within(fmt::format("series {}", path.string()), parse(text, path.filename().string()));
    if (found && found->size() == 1) found->front().name = path.filename();
    return found;
  }
  if (fs::exists(path / "series", code)) return read_quilt(path);
  return read_numbered(path);
}

}  // namespace

Result<std::vector<Patch>> read(const fs::path& path) {
  BSC_TRY_ASSIGN(auto patches, read_any(path));
  if (patches.empty())
    return usage_error(
        "series {}: there is no patch in it; give a directory with `series` or "
        "NNNN-*.patch, an mbox or a patch",
        path.string());
  return patches;
}

Result<std::vector<Patch>> parse(std::string_view text, std::string_view name) {
  std::vector<Numbered> found;
  for (auto& mail : parse_mails(text)) {
    auto subject = parse_subject(mail.subject);
    const auto start = find_diff(mail.body);
    if (subject.reply || start == std::string::npos) continue;
    auto title = subject.title;
    found.push_back({.subject = std::move(subject),
                     .patch = {.name = title.empty() ? std::string(name) : title,
                               .subject = title,
                               .author = author_of(mail),
                               .diff = mail.body.substr(start)}});
  }
  BSC_TRY(sort_by_number(found));
  std::vector<Patch> patches;
  for (auto& one : found) patches.push_back(std::move(one.patch));
  return patches;
}

Result<std::vector<QuiltEntry>> parse_quilt(std::string_view text) {
  std::vector<QuiltEntry> entries;
  for (unsigned number = 1; !text.empty(); ++number) {
    auto line = take_line(text);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    QuiltEntry entry{.file = std::string(line.substr(0, end))};
    auto options = trimmed(line.substr(end));
    if (options.starts_with("-p")) {
      options.remove_prefix(2);
      const auto strip = take_number<unsigned>(options);
      if (!strip || !options.empty() || *strip > 9)
        return usage_error("line {} has a -p without a number from 0 to 9", number);
      entry.strip = *strip;
    } else if (!options.empty()) {
      return usage_error("line {} has the option {}, of which only -pN is known", number, options);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace bioscope::series
