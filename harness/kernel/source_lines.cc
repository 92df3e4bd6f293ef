// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/source_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "harness/base/text.h"
#include "harness/process/process.h"

namespace bioscope::kernel {
namespace {

// Top folders of the kernel's tree that hold code.
constexpr std::array<std::string_view, 14> kFolders{
    "arch",     "block", "crypto", "drivers", "fs", "include", "init",
    "io_uring", "ipc",   "kernel", "lib",     "mm", "net",     "security"};

std::optional<std::uint64_t> hex(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// "clone_endio+0x1c [dm_mod]"
struct Frame {
  std::string_view function{};
  std::string_view module{};
  std::uint64_t offset = 0;
};

std::optional<Frame> parse(std::string_view text) {
  Frame frame;
  if (const auto bracket = text.find(" ["); bracket != text.npos && text.ends_with(']')) {
    frame.module = text.substr(bracket + 2, text.size() - bracket - 3);
    text = text.substr(0, bracket);
  }
  const auto plus = text.find('+');
  if (plus == text.npos) return std::nullopt;
  const auto offset = hex(text.substr(plus + 1, text.find('/', plus) - plus - 1));
  if (!offset) return std::nullopt;
  frame.function = text.substr(0, plus);
  frame.offset = *offset;
  return frame;
}

// A line of addr2line: "FILE:LINE (discriminator N)"; empty if it knows nothing.
std::string place(std::string_view line) {
  line = line.substr(0, line.find(" (discriminator"));
  if (line.starts_with("??") || line.ends_with(":?") || line.ends_with(":0")) return {};
  return std::string(within_tree(line));
}

}  // namespace

std::string_view within_tree(std::string_view path) {
  // A build beside its sources writes out/../drivers.
  if (const auto dots = path.rfind("../"); dots != path.npos) return path.substr(dots + 3);
  for (std::size_t at = 0; at != path.npos && at < path.size();) {
    const auto rest = path.substr(at);
    const auto folder = rest.substr(0, rest.find('/'));
    if (folder.size() < rest.size() && std::ranges::find(kFolders, folder) != kFolders.end())
      return rest;
    const auto slash = path.find('/', at);
    at = slash == path.npos ? slash : slash + 1;
  }
  return path;
}

std::filesystem::path SourceLines::file_of(std::string_view module) const {
  if (module.empty()) return debug_ / "vmlinux";
  for (const char from : {'_', '-'}) {
    // The kernel calls dm-mod.ko dm_mod.
    std::string name(module);
    std::ranges::replace(name, '_', from);
    if (auto path = debug_ / (name + ".ko"); std::filesystem::exists(path)) return path;
  }
  // Names that mix both, as dm-bio_prison does not but others might.
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(debug_, ignored)) {
    std::string name = entry.path().stem().string();
    std::ranges::replace(name, '-', '_');
    if (name == module) return entry.path();
  }
  return {};
}

const SourceLines::Symbols& SourceLines::symbols(const std::filesystem::path& file) {
  const auto [at, fresh] = symbols_.try_emplace(file);
  if (!fresh) return at->second;
  const auto text = process::run_checked({.argv = {"objdump", "--syms", "--wide", file.string()}});
  if (!text) return at->second;
  // "0000000000000f20 l     F .text\t00000000000000ab dm_submit_bio"
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const auto tab = line.find('\t');
    if (tab == line.npos || tab < 24 || line[23] != 'F') continue;
    const auto words = words_of(line.substr(tab + 1));
    const auto value = hex(line.substr(0, 16));
    if (words.size() < 2 || !value) continue;
    Symbol symbol{.section = std::string(trimmed(line.substr(25, tab - 25))), .value = *value};
    symbol.size = hex(words[0]).value_or(0);
    const auto [known, added] = at->second.try_emplace(words.back(), symbol);
    if (!added) known->second.unique = false;
  }
  return at->second;
}

std::optional<SourceLines::Where> SourceLines::where(std::string_view text, bool returns) {
  const auto frame = parse(text);
  if (!frame || debug_.empty()) return std::nullopt;
  const auto file = file_of(frame->module);
  if (file.empty()) return std::nullopt;
  const Symbols& known = symbols(file);
  const auto symbol = known.find(frame->function);
  if (symbol == known.end() || !symbol->second.unique || frame->offset > symbol->second.size)
    return std::nullopt;
  // The call stands before its return address.
  const bool before = returns && frame->offset != 0;
  return Where{.file = file,
               // Addresses in a module's file count from its sections.
               .section = frame->module.empty() ? "" : symbol->second.section,
               .address = symbol->second.value + frame->offset - (before ? 1 : 0)};
}

std::vector<std::string> SourceLines::decode(const std::vector<std::string>& frames) {
  std::vector<std::optional<Where>> places;
  std::set<Where> wanted;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    // All but the innermost are return addresses.
    places.push_back(where(frames[i], i != 0));
    if (places.back()) wanted.insert(*places.back());
  }
  const auto chains = chains_of(wanted);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto chain = places[i] ? chains.find(*places[i]) : chains.end();
    if (chain == chains.end() || chain->second.empty() || chain->second.back().place.empty()) {
      lines.push_back(frames[i]);
      continue;
    }
    for (std::size_t inlined = 0; inlined + 1 < chain->second.size(); ++inlined)
      lines.push_back(fmt::format("{} (inlined) ({})", chain->second[inlined].function,
                                  chain->second[inlined].place));
    lines.push_back(fmt::format("{} ({})", frames[i], chain->second.back().place));
  }
  return lines;
}

// One addr2line reads a file once for all that is asked of it.
SourceLines::Chains SourceLines::chains_of(const std::set<Where>& wanted) {
  Chains chains;
  for (auto first = wanted.begin(); first != wanted.end();) {
    std::vector<std::string> argv{"addr2line",   "--addresses", "--inlines",
                                  "--functions", "--exe",       first->file.string()};
    if (!first->section.empty()) argv.push_back("--section=" + first->section);
    auto end = first;
    for (; end != wanted.end() && end->file == first->file && end->section == first->section; ++end)
      argv.push_back(fmt::format("{:#x}", end->address));
    const auto out = process::run_checked({.argv = argv});
    Where at = *first;
    for (std::string_view rest = out ? std::string_view(*out) : std::string_view();
         !rest.empty();) {
      const auto line = take_line(rest);
      if (const auto address = line.starts_with("0x") ? hex(line) : std::nullopt) {
        at.address = *address;
        chains[at];
      } else {
        chains[at].push_back({.function = std::string(line), .place = place(take_line(rest))});
      }
    }
    first = end;
  }
  return chains;
}

}  // namespace bioscope::kernel
