// SPDX-License-Identifier: GPL-2.0-only
// Kconfig, as far as an error message needs it: where a symbol is defined and on what it depends.
// Follows `if`, `menu` and `choice` within a file, not across files. This folder only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bioscope::kbuild {

struct Definition {
  std::string file{};                  // "drivers/md/Kconfig"
  std::vector<std::string> depends{};  // expressions, all of which must hold
  bool choice = false;                 // one of several of which one is set
};

// The definitions of a symbol in the text of one Kconfig file.
std::vector<Definition> definitions(std::string_view text, std::string_view symbol,
                                    std::string_view file);

// All Kconfig files of a tree that matter to x86; what cannot be read is left out.
class KconfigFiles {
 public:
  static KconfigFiles read(const std::filesystem::path& tree);
  std::vector<Definition> definitions(std::string_view symbol) const;

 private:
  std::vector<std::pair<std::string, std::string>> files_{};  // path in the tree, text
};

// Symbols in the expressions that a configuration's text does not set.
std::vector<std::string> missing(const std::vector<std::string>& expressions,
                                 std::string_view config);

}  // namespace bioscope::kbuild
