// SPDX-License-Identifier: GPL-2.0-only
#include "harness/series/diff.h"

#include <optional>

#include "harness/base/text.h"

namespace bioscope::series {
namespace {

constexpr std::string_view kGit = "diff --git ";
constexpr std::string_view kOld = "--- ";
constexpr std::string_view kNew = "+++ ";
constexpr std::string_view kHunk = "@@ -";

struct Counts {
  unsigned long old_start = 0;
  unsigned long old_lines = 1;
  unsigned long new_lines = 1;
};

// "@@ -10,7 +10,8 @@ context"
std::optional<Counts> parse_hunk(std::string_view line) {
  if (!line.starts_with(kHunk)) return std::nullopt;
  line.remove_prefix(kHunk.size());
  Counts counts;
  const auto take_range = [&line](unsigned long& start, unsigned long& lines) {
    const auto first = take_number<unsigned long>(line);
    if (!first) return false;
    start = *first;
    if (!line.starts_with(',')) return true;
    line.remove_prefix(1);
    const auto count = take_number<unsigned long>(line);
    lines = count.value_or(0);
    return count.has_value();
  };
  unsigned long new_start = 0;
  if (!take_range(counts.old_start, counts.old_lines) || !line.starts_with(" +"))
    return std::nullopt;
  line.remove_prefix(2);
  if (!take_range(new_start, counts.new_lines) || !line.starts_with(" @@")) return std::nullopt;
  return counts;
}

// Of "--- a/drivers/md/dm.c\t2024-01-01": the path; empty for /dev/null.
std::string path_of(std::string_view rest, unsigned strip) {
  auto path = rest.substr(0, rest.find('\t'));
  while (path.ends_with('\r') || path.ends_with(' ')) path.remove_suffix(1);
  if (path == "/dev/null") return {};
  if (path.size() > 2 && path.starts_with('"') && path.ends_with('"'))
    path = path.substr(1, path.size() - 2);
  for (; strip > 0; --strip) {
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
  }
  return std::string(path);
}

class Outline {
 public:
  explicit Outline(unsigned strip) : strip_(strip) {}

  std::vector<FileChange> read(std::string_view text) {
    while (!text.empty()) {
      const auto line = take_line(text);
      if (const auto counts = parse_hunk(line); counts && open_) {
        changes_.back().hunks.push_back(
            {.old_start = counts->old_start, .header = std::string(trimmed(line))});
        skip(text, *counts);
      } else if (line.starts_with(kGit)) {
        begin_git(line.substr(kGit.size()));
      } else if (line.starts_with(kOld) && text.starts_with(kNew)) {
        take_pair(line.substr(kOld.size()), take_line(text).substr(kNew.size()));
      } else if (open_) {
        extended(line);
      }
    }
    return std::move(changes_);
  }

 private:
  // Lines of a hunk may look like headers.
  static void skip(std::string_view& text, Counts counts) {
    while (!text.empty() && (counts.old_lines > 0 || counts.new_lines > 0)) {
      const char first = text[0];
      if (first == '-' && counts.old_lines > 0) {
        --counts.old_lines;
      } else if (first == '+' && counts.new_lines > 0) {
        --counts.new_lines;
      } else if (first == ' ' || first == '\n' || first == '\r') {
        counts.old_lines -= counts.old_lines > 0;
        counts.new_lines -= counts.new_lines > 0;
      } else if (first != '\\') {
        return;
      }
      take_line(text);
    }
  }

  // "a/drivers/md/dm.c b/drivers/md/dm.c"; both are the same unless extended lines say otherwise.
  void begin_git(std::string_view names) {
    const auto half = names.find(" b/");
    changes_.push_back({});
    open_ = true;
    git_ = true;
    if (half == std::string_view::npos) return;
    changes_.back().before = path_of(names.substr(0, half), strip_);
    changes_.back().after = path_of(names.substr(half + 1), strip_);
  }

  void take_pair(std::string_view before, std::string_view after) {
    if (!git_ || !changes_.back().hunks.empty()) changes_.push_back({});
    open_ = true;
    git_ = false;
    changes_.back().before = path_of(before, strip_);
    changes_.back().after = path_of(after, strip_);
  }

  void extended(std::string_view line) {
    const auto value = [line](std::string_view key) -> std::optional<std::string> {
      if (!line.starts_with(key)) return std::nullopt;
      return path_of(line.substr(key.size()), 0);
    };
    auto& change = changes_.back();
    if (const auto from = value("rename from ")) change.before = *from;
    if (const auto to = value("rename to ")) change.after = *to;
    if (const auto from = value("copy from ")) change.before = *from;
    if (const auto to = value("copy to ")) change.after = *to;
    if (line.starts_with("new file mode ")) change.before.clear();
    if (line.starts_with("deleted file mode ")) change.after.clear();
  }

  unsigned strip_;
  std::vector<FileChange> changes_{};
  bool open_ = false;
  bool git_ = false;  // after diff --git, before its --- and +++
};

}  // namespace

std::size_t find_diff(std::string_view text) {
  const auto whole = text;
  while (!text.empty()) {
    const auto at = whole.size() - text.size();
    const auto line = take_line(text);
    if (line.starts_with("diff --git ") || line.starts_with("Index: ")) return at;
    if (line.starts_with(kOld) && text.starts_with(kNew)) return at;
  }
  return std::string_view::npos;
}

std::vector<FileChange> outline(std::string_view diff, unsigned strip) {
  return Outline(strip).read(diff);
}

}  // namespace bioscope::series
