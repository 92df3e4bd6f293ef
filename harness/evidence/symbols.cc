// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/symbols.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>

namespace bioscope::evidence {
namespace {

// kallsyms has no sizes. Farther from a symbol than any function is long lies something that has
// no symbol: the end of a module, code that was generated later.
constexpr std::uint64_t kLongestFunction = 0x10000;

// More is no kernel, and would take long.
constexpr std::size_t kMostModules = 4096;

struct Line {
  std::uint64_t address = 0;
  char kind = 0;
  std::string_view name{};
  std::string_view module{};
};

// "ADDRESS KIND NAME" or "ADDRESS KIND NAME\t[MODULE]".
std::optional<Line> parse_line(std::string_view line) {
  Line out;
  const char* end = line.data() + line.size();
  const auto [at, failed] = std::from_chars(line.data(), end, out.address, 16);
  if (failed != std::errc{} || end - at < 4 || at[0] != ' ' || at[2] != ' ') return std::nullopt;
  out.kind = at[1];
  out.name = std::string_view(at + 3, static_cast<std::size_t>(end - at - 3));
  if (const auto tab = out.name.find('\t'); tab != std::string_view::npos) {
    out.module = out.name.substr(tab + 1);
    out.name = out.name.substr(0, tab);
    if (out.module.size() < 3 || out.module.front() != '[' || out.module.back() != ']')
      return std::nullopt;
    out.module = out.module.substr(1, out.module.size() - 2);
  }
  if (out.name.empty() || out.name.size() > std::numeric_limits<std::uint16_t>::max())
    return std::nullopt;
  return out;
}

// Where the module ends by its line "NAME SIZE USERS BY STATE ADDRESS"; 0 if there is none.
std::uint64_t end_of(std::string_view module, std::string_view modules) {
  for (std::size_t from = 0; from < modules.size();) {
    const auto end = std::min(modules.find('\n', from), modules.size());
    std::istringstream line{std::string(modules.substr(from, end - from))};
    from = end + 1;
    std::string name, users, by, state;
    std::uint64_t size = 0, address = 0;
    if (line >> name >> size >> users >> by >> state >> std::hex >> address && name == module &&
        address != 0)
      return address + size;
  }
  return 0;
}

}  // namespace

Symbols::Symbols(std::string kallsyms, std::string_view modules)
    : text_(std::move(kallsyms)), modules_(1) {
  const std::string_view text = text_;
  entries_.reserve(text.size() / 40);
  std::uint16_t module = 0;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    const auto line = parse_line(text.substr(from, end - from));
    from = end + 1;
    // Absolute symbols are offsets within per-CPU memory, no addresses.
    if (!line || line->address == 0 || line->kind == 'A' || line->kind == 'a') continue;
    // A module's symbols stand together, so it is nearly always the same as before.
    if (line->module != modules_[module]) {
      module =
          static_cast<std::uint16_t>(std::ranges::find(modules_, line->module) - modules_.begin());
      if (module == modules_.size()) modules_.emplace_back(line->module);
      if (modules_.size() > kMostModules) break;
    }
    entries_.push_back({line->address, static_cast<std::uint32_t>(line->name.data() - text.data()),
                        static_cast<std::uint16_t>(line->name.size()), module});
  }
  for (const std::string& name : modules_) ends_.push_back(end_of(name, modules));
  // The kernel's own symbols are sorted already, those of its modules are not.
  std::ranges::stable_sort(entries_, {}, &Entry::address);
  // Of aliases the first one stands.
  const auto rest = std::ranges::unique(entries_, {}, &Entry::address);
  entries_.erase(rest.begin(), rest.end());
}

std::optional<Symbols::Place> Symbols::find(std::uint64_t address) const {
  const auto next = std::ranges::upper_bound(entries_, address, {}, &Entry::address);
  if (next == entries_.begin()) return std::nullopt;
  const Entry& entry = *std::prev(next);
  if (address - entry.address >= kLongestFunction) return std::nullopt;
  if (const auto end = ends_[entry.module]; end != 0 && address >= end) return std::nullopt;
  return Place{std::string_view(text_).substr(entry.name_at, entry.name_size),
               modules_[entry.module], address - entry.address};
}

std::string Symbols::name(std::uint64_t address) const {
  const auto place = find(address);
  if (!place) return fmt::format("{:#x}", address);
  std::string out = fmt::format("{}+{:#x}", place->name, place->offset);
  if (!place->module.empty()) out += fmt::format(" [{}]", place->module);
  return out;
}

std::vector<std::string> Symbols::stack(std::span<const std::uint64_t> frames) const {
  const auto of_probe = [this](std::uint64_t frame) {
    const auto place = find(frame);
    return !place || place->module == "bpf";
  };
  // Without a table of symbols every frame is nameless, and all of them are worth having.
  auto first = std::ranges::find_if_not(frames, of_probe);
  if (first == frames.end()) first = frames.begin();
  std::vector<std::string> names;
  for (auto frame = first; frame != frames.end(); ++frame) names.push_back(name(*frame));
  return names;
}

}  // namespace bioscope::evidence
