// SPDX-License-Identifier: GPL-2.0-only
// Kconfig, as far as an error message needs it: where a symbol is defined and on what it depends.
// Follows `if`, `menu` and `choice` within a file, not across files. This folder only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
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

// Those in all Kconfig files of a tree; nothing where files cannot be read.
std::vector<Definition> find_definitions(const std::filesystem::path& tree,
                                         std::string_view symbol);

// Symbols in the expressions that a configuration's text does not set.
std::vector<std::string> missing(const std::vector<std::string>& expressions,
                                 std::string_view config);

}  // namespace bioscope::kbuild
