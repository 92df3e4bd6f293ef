// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/kernel_symbols.h"

#include <algorithm>

#include "guest/wire/kallsyms.h"
#include "harness/base/file.h"

namespace bioscope::run {
namespace {

bool fits(std::string_view lines, const wire::Hello& hello) {
  return wire::symbol_address(lines, "_stext") == hello.text_begin;
}

}  // namespace

// Empty where nothing can be kept: without an identity, or without an address to compare.
std::filesystem::path KernelSymbols::file(const wire::Hello& hello) const {
  const bool hex = !hello.build_id.empty() && std::ranges::all_of(hello.build_id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (folder_.empty() || !hex || hello.text_begin == 0) return {};
  return folder_ / hello.build_id;
}

std::string KernelSymbols::find(const wire::Hello& hello) const {
  const auto path = file(hello);
  if (path.empty()) return {};
  auto lines = read_file(path).value_or("");
  return fits(lines, hello) ? lines : std::string();
}

Status KernelSymbols::keep(const wire::Hello& hello, std::string_view kallsyms) const {
  const auto path = file(hello);
  const auto lines = wire::TextSymbols().feed(kallsyms);
  if (path.empty() || lines.empty() || !fits(lines, hello)) return {};
  BSC_TRY(make_directories(folder_));
  return write_file(path, lines);
}

}  // namespace bioscope::run
