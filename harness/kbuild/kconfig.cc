// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/kconfig.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

struct Block {
  std::string_view kind{};  // "if", "menu", "choice"
  std::vector<std::string> depends{};
};

std::size_t indent(std::string_view line) {
  std::size_t columns = 0;
  for (const char c : line) {
    if (c == '\t')
      columns = (columns + 8) & ~std::size_t{7};
    else if (c == ' ')
      ++columns;
    else
      break;
  }
  return columns;
}

class Reader {
 public:
  Reader(std::string_view symbol, std::string_view file) : symbol_(symbol), file_(file) {}

  std::vector<Definition> read(std::string_view text) {
    while (!text.empty()) {
      const auto whole = logical_line(text);
      const auto line = trimmed(whole);
      if (line.empty() || line.starts_with('#')) continue;
      if (in_help_ && (help_indent_ == 0 || indent(whole) >= help_indent_)) {
        if (help_indent_ == 0) help_indent_ = std::max<std::size_t>(indent(whole), 1);
        continue;
      }
      in_help_ = false;
      take(line);
    }
    end_entry();
    return std::move(found_);
  }

 private:
  // With its continuations.
  static std::string logical_line(std::string_view& text) {
    std::string line(take_line(text));
    while (line.ends_with('\\') && !text.empty()) {
      line.pop_back();
      line += trimmed(take_line(text));
    }
    return line;
  }

  void take(std::string_view line) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    const auto word = line.substr(0, end);
    const auto rest = trimmed(line.substr(end));
    if (word == "config" || word == "menuconfig") {
      end_entry();
      if (rest == symbol_) open_.emplace(Definition{.file = std::string(file_)});
      in_entry_ = true;
    } else if (word == "if" || word == "menu" || word == "choice") {
      end_entry();
      blocks_.push_back({.kind = word == "if" ? "if" : word == "menu" ? "menu" : "choice"});
      if (word == "if") blocks_.back().depends.emplace_back(rest);
    } else if (word == "endif" || word == "endmenu" || word == "endchoice") {
      end_entry();
      if (!blocks_.empty()) blocks_.pop_back();
    } else if (word == "depends" && rest.starts_with("on ")) {
      const std::string expression(trimmed(rest.substr(3)));
      if (open_)
        open_->depends.push_back(expression);
      else if (!in_entry_ && !blocks_.empty())
        blocks_.back().depends.push_back(expression);
    } else if (word == "help" || word == "---help---") {
      in_help_ = true;
      help_indent_ = 0;
    } else if (word == "source" || word == "comment" || word == "mainmenu") {
      end_entry();
      in_entry_ = word == "comment";
    }
  }

  void end_entry() {
    in_entry_ = false;
    if (!open_) return;
    for (const auto& block : blocks_) {
      open_->choice |= block.kind == "choice";
      open_->depends.insert(open_->depends.end(), block.depends.begin(), block.depends.end());
    }
    found_.push_back(std::move(*open_));
    open_.reset();
  }

  std::string_view symbol_;
  std::string_view file_;
  std::vector<Definition> found_{};
  std::optional<Definition> open_{};
  std::vector<Block> blocks_{};
  bool in_entry_ = false;  // of any symbol
  bool in_help_ = false;
  std::size_t help_indent_ = 0;
};

bool sets(std::string_view config, std::string_view symbol) {
  const auto line = fmt::format("CONFIG_{}=", symbol);
  return config.starts_with(line) || config.find("\n" + line) != std::string_view::npos;
}

}  // namespace

std::vector<Definition> definitions(std::string_view text, std::string_view symbol,
                                    std::string_view file) {
  return Reader(symbol, file).read(text);
}

KconfigFiles KconfigFiles::read(const fs::path& tree) {
  KconfigFiles result;
  std::error_code code;
  fs::recursive_directory_iterator entry(tree, fs::directory_options::skip_permission_denied, code);
  for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code)) {
    const auto name = entry->path().filename().string();
    if (entry.depth() == 0 && name.starts_with("out-")) entry.disable_recursion_pending();
    if (!name.starts_with("Kconfig")) continue;
    auto file = entry->path().lexically_relative(tree).string();
    // Other architectures define the same symbols with other dependencies.
    if (file.starts_with("arch/") && !file.starts_with("arch/Kconfig") &&
        !file.starts_with("arch/x86/"))
      continue;
    if (auto text = read_file(entry->path()))
      result.files_.emplace_back(std::move(file), std::move(*text));
  }
  return result;
}

std::vector<Definition> KconfigFiles::definitions(std::string_view symbol) const {
  std::vector<Definition> found;
  for (const auto& [file, text] : files_) {
    if (text.find(symbol) == std::string::npos) continue;
    auto here = kbuild::definitions(text, symbol, file);
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

std::vector<std::string> missing(const std::vector<std::string>& expressions,
                                 std::string_view config) {
  std::vector<std::string> result;
  for (const auto& expression : expressions) {
    std::string word;
    for (const char c : expression + ' ') {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
        word += c;
        continue;
      }
      const bool literal = word.empty() || word == "y" || word == "m" || word == "n";
      if (!literal && !sets(config, word) && std::ranges::find(result, word) == result.end())
        result.push_back(word);
      word.clear();
    }
  }
  return result;
}

}  // namespace bioscope::kbuild
