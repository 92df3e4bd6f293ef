// SPDX-License-Identifier: GPL-2.0-only
// SourceLines: file and line of stack frames, out of a built kernel's vmlinux and modules with
// DWARF, by binutils. What cannot be told for sure stays as it is. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kernel {

class SourceLines {
 public:
  // `debug` holds vmlinux and NAME.ko, or is empty: then no frame gets a line.
  explicit SourceLines(std::filesystem::path debug) : debug_(std::move(debug)) {}

  // Frames as evidence::Symbols writes them, innermost first: "clone_endio+0x1c [dm_mod]". Each
  // comes back with "(drivers/md/dm.c:123)", in front of it what was inlined there, one by one.
  std::vector<std::string> decode(const std::vector<std::string>& frames);

 private:
  struct Symbol {
    std::string section{};
    std::uint64_t value = 0;
    std::uint64_t size = 0;
    bool unique = true;
  };
  using Symbols = std::map<std::string, Symbol, std::less<>>;

  struct Where {
    std::filesystem::path file{};
    std::string section{};
    std::uint64_t address = 0;
    auto operator<=>(const Where&) const = default;
  };
  struct Call {
    std::string function{};
    std::string place{};  // file and line; or empty
  };
  using Chains = std::map<Where, std::vector<Call>>;  // innermost first

  std::optional<Where> where(std::string_view frame, bool returns);
  static Chains chains_of(const std::set<Where>& wanted);
  std::filesystem::path file_of(std::string_view module) const;
  const Symbols& symbols(const std::filesystem::path& file);

  std::filesystem::path debug_;
  std::map<std::filesystem::path, Symbols> symbols_;
};

// "drivers/md/dm.c" of "/usr/src/linux/out/../drivers/md/dm.c".
std::string_view within_tree(std::string_view path);

}  // namespace bioscope::kernel
