// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/mutant.h"

#include <fnmatch.h>

#include <algorithm>
#include <system_error>

#include <toml++/toml.h>

#include "harness/base/file.h"

namespace bioscope::campaign {
namespace {

namespace fs = std::filesystem;

// One series.toml while it is read: the first thing that is wrong is the error.
class Reader {
 public:
  Reader(const toml::table& table, const fs::path& file) : table_(table), file_(file) {}

  Status text(std::string_view key, std::string& value) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    if (!node->is_string() || node->value<std::string>()->empty())
      return wrong(*node, key, "is no text");
    value = *node->value<std::string>();
    return {};
  }

  Status flag(std::string_view key, bool& value) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    if (!node->is_boolean()) return wrong(*node, key, "is neither true nor false");
    value = *node->value<bool>();
    return {};
  }

  Status texts(std::string_view key, std::vector<std::string>& values) {
    known_.push_back(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    if (!node->is_array()) return wrong(*node, key, "is no list");
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_string() || element.value<std::string>()->empty())
        return wrong(element, key, "holds something that is no text");
      values.push_back(*element.value<std::string>());
    }
    return {};
  }

  // After everything else was asked for.
  Status nothing_else() const {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(known_, key.str()) == known_.end())
        return wrong(node, key.str(), "is no key of a mutant");
    return {};
  }

  bool has(std::string_view key) const { return table_.contains(key); }

  Status missing(std::string_view key) const {
    return usage_error("{}: {} is missing", file_.string(), key);
  }

  Status wrong(std::string_view key, std::string_view what) const {
    return wrong(*table_.get(key), key, what);
  }

 private:
  Status wrong(const toml::node& node, std::string_view key, std::string_view what) const {
    return usage_error("{}:{}: {} {}", file_.string(), node.source().begin.line, key, what);
  }

  const toml::table& table_;
  const fs::path& file_;
  std::vector<std::string_view> known_;
};

Result<Mutant> interpret(const toml::table& table, const fs::path& file) {
  Mutant mutant{.name = file.parent_path().filename(), .directory = file.parent_path()};
  Reader reader(table, file);
  std::string plan, quiet;
  BSC_TRY(reader.text("breaks", mutant.breaks));
  BSC_TRY(reader.text("oracle", mutant.oracle));
  BSC_TRY(reader.text("kind", mutant.kind));
  BSC_TRY(reader.text("module", mutant.module));
  BSC_TRY(reader.texts("scenarios", mutant.scenarios));
  BSC_TRY(reader.texts("undisturbed", mutant.undisturbed));
  BSC_TRY(reader.text("plan", plan));
  BSC_TRY(reader.text("quiet", quiet));
  BSC_TRY(reader.flag("silent", mutant.silent));
  BSC_TRY(reader.flag("race", mutant.race));
  BSC_TRY(reader.text("revert", mutant.revert));
  BSC_TRY(reader.nothing_else());
  for (const char* key : {"breaks", "oracle", "module", "scenarios", "quiet"})
    if (!reader.has(key)) return std::unexpected(reader.missing(key).error());
  if (mutant.scenarios.empty())
    return std::unexpected(reader.wrong("scenarios", "names none").error());
  if (quiet != "pass" && quiet != "fail")
    return std::unexpected(reader.wrong("quiet", "is neither \"pass\" nor \"fail\"").error());
  mutant.quiet_passes = quiet == "pass";
  mutant.undisturbed_listed = reader.has("undisturbed");
  if (!plan.empty()) {
    mutant.plan = mutant.directory / plan;
    if (!fs::is_regular_file(mutant.plan))
      return std::unexpected(reader.wrong("plan", "names a file that is not there").error());
  } else if (mutant.quiet_passes) {
    return std::unexpected(
        reader.wrong("quiet", "is \"pass\", and there is no plan that could find it").error());
  }
  return mutant;
}

bool has_patch(const fs::path& directory) {
  return std::ranges::any_of(fs::directory_iterator(directory), [](const auto& entry) {
    return entry.path().extension() == ".patch";
  });
}

}  // namespace

bool is_always_judged(std::string_view oracle) {
  return oracle == "console_clean" || oracle == "assertion" || oracle == "guest";
}

Result<Mutant> parse_mutant(std::string_view toml, const fs::path& file) {
  try {
    return interpret(toml::parse(toml), file);
  } catch (const toml::parse_error& error) {
    return usage_error("{}:{}: {}", file.string(), error.source().begin.line, error.description());
  }
}

Result<std::vector<Mutant>> find_mutants(const fs::path& root,
                                         const std::vector<std::string>& globs) {
  std::error_code code;
  std::vector<fs::path> directories;
  for (const auto& entry : fs::directory_iterator(root, code))
    if (entry.is_directory()) directories.push_back(entry.path());
  if (code) return usage_error("cannot read {}: {}", root.string(), code.message());
  std::ranges::sort(directories);

  std::vector<Mutant> mutants;
  std::vector<bool> used(globs.size());
  for (const fs::path& directory : directories) {
    bool wanted = globs.empty();
    for (std::size_t i = 0; i < globs.size(); ++i)
      if (::fnmatch(globs[i].c_str(), directory.filename().c_str(), 0) == 0)
        wanted = used[i] = true;
    if (!wanted) continue;
    const auto file = directory / "series.toml";
    auto text = read_file(file);
    if (!text) {
      text.error().blame = Blame::kUsage;
      return std::unexpected(text.error());
    }
    BSC_TRY_ASSIGN(auto mutant, parse_mutant(*text, file));
    if (!has_patch(directory)) return usage_error("{}: there is no patch beside it", file.string());
    mutants.push_back(std::move(mutant));
  }
  if (const auto unused = std::ranges::find(used, false); unused != used.end())
    return usage_error("no mutant of {} matches {}", root.string(),
                       globs[static_cast<std::size_t>(unused - used.begin())]);
  if (mutants.empty()) return usage_error("there is no mutant in {}", root.string());
  return mutants;
}

}  // namespace bioscope::campaign
