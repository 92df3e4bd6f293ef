// SPDX-License-Identifier: GPL-2.0-only
// Configuration fragments: which symbols are wanted, by whom, and which of them a finished
// configuration did not grant. Pure text. This folder only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kbuild {

struct Wish {
  std::string symbol{};  // without CONFIG_
  std::string value{};   // "y", "m", "n", or as Kconfig writes it: 250, "text"
  std::string origin{};  // "my.config:3"
};

// Lines CONFIG_X=value, with a reason behind # if wanted, and "# CONFIG_X is not set". A usage
// error names the line.
Result<std::vector<Wish>> parse_fragment(std::string_view text, std::string_view origin);

// One of the fragments of config/ by its name.
std::vector<Wish> embedded_fragment(std::string_view name);

// As Kconfig reads it. Of two wishes for a symbol the later counts.
std::string to_config(const std::vector<Wish>& wishes);

struct Unmet {
  Wish wish{};
  std::string actual{};  // "n" if it is not set
};

// Wishes that the text of a finished configuration does not fulfil. y will do where m was wanted:
// something that is built in selects it.
std::vector<Unmet> unmet(const std::vector<Wish>& wishes, std::string_view config);

}  // namespace bioscope::kbuild
