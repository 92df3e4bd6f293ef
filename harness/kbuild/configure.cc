// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/configure.h"

#include <fmt/ranges.h>

#include "harness/base/file.h"
#include "harness/kernel/digest.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

constexpr char kBase[] = ".config.base";  // of our fragment and the variant
constexpr char kNew[] = ".config.new";
constexpr char kKey[] = ".config.key";

std::vector<Wish> joined(const std::vector<Wish>& first, const std::vector<Wish>& second) {
  auto result = first;
  result.insert(result.end(), second.begin(), second.end());
  return result;
}

bool holds(const fs::path& file, std::string_view text) {
  const auto held = read_file(file);
  return held && *held == text;
}

std::string base_key(const Wishes& wishes, std::string_view content) {
  return kernel::digest(
      fmt::format("{}\n{}", content, to_config(joined(wishes.base, wishes.variant))));
}

}  // namespace

bool Configurator::wants_base(const Wishes& wishes, std::string_view content) const {
  return !holds(out_ / (std::string(kBase) + ".key"), base_key(wishes, content));
}

Status Configurator::make_base(const Wishes& wishes, std::string_view content) {
  const auto wanted = joined(wishes.base, wishes.variant);
  const auto fragment = out_ / ".config.wanted";
  BSC_TRY(write_file(fragment, to_config(wanted)));
  BSC_TRY(make_({fmt::format("KCONFIG_ALLCONFIG={}", fragment.string()),
                 fmt::format("KCONFIG_CONFIG={}", kBase), "allnoconfig"}));
  BSC_TRY_ASSIGN(const auto config, read_file(out_ / kBase));
  const auto lacking = unmet(wanted, config);
  const auto files = lacking.empty() ? KconfigFiles() : KconfigFiles::read(tree_);
  for (const auto& one : lacking) {
    if (!files.definitions(one.wish.symbol).empty()) return refuse(one, files, config);
    if (say_) say_(fmt::format("this source has no CONFIG_{}; building without", one.wish.symbol));
  }
  return write_file(out_ / (std::string(kBase) + ".key"), base_key(wishes, content));
}

Status Configurator::configure(const Wishes& wishes, std::string_view kconfig_digest) {
  BSC_TRY_ASSIGN(const auto base, read_file(out_ / kBase));
  const auto key = kernel::digest(
      fmt::format("{}\n{}\n{}", kconfig_digest, kernel::digest(base), to_config(wishes.user)));
  std::error_code code;
  if (holds(out_ / kKey, key) && fs::exists(out_ / ".config", code)) return {};
  fs::remove(out_ / kKey, code);
  BSC_TRY(write_file(out_ / kNew, base + to_config(wishes.user)));
  BSC_TRY(make_({fmt::format("KCONFIG_CONFIG={}", kNew), "olddefconfig"}));
  BSC_TRY_ASSIGN(const auto config, read_file(out_ / kNew));
  BSC_TRY(check(wishes, config));
  // An untouched .config spares make the comparison of every symbol.
  if (!holds(out_ / ".config", config)) BSC_TRY(write_file(out_ / ".config", config));
  return write_file(out_ / kKey, key);
}

Status Configurator::check(const Wishes& wishes, std::string_view config) const {
  const auto lacking = unmet(joined(wishes.base, joined(wishes.variant, wishes.user)), config);
  if (lacking.empty()) return {};
  const auto files = KconfigFiles::read(tree_);
  for (const auto& one : unmet(wishes.user, config)) return refuse(one, files, config);
  std::vector<std::string> lost;
  for (const auto& one : lacking) {
    if (files.definitions(one.wish.symbol).empty()) continue;  // was told with the base
    if (wishes.user.empty()) return refuse(one, files, config);
    lost.push_back(one.wish.symbol);
  }
  if (say_ && !lost.empty())
    say_(fmt::format("with your fragments we do not get what we ask for of {}",
                     fmt::join(lost, ", ")));
  return {};
}

Status Configurator::refuse(const Unmet& unmet, const KconfigFiles& files,
                            std::string_view config) const {
  const auto& wish = unmet.wish;
  const auto what = fmt::format("{}: CONFIG_{}={} did not come through, it is {}", wish.origin,
                                wish.symbol, wish.value, unmet.actual);
  const auto found = files.definitions(wish.symbol);
  if (found.empty()) return usage_error("{}: this source has no such symbol", what);
  std::vector<std::string> all;
  for (const auto& definition : found) {
    if (definition.depends.empty()) continue;
    all.push_back(fmt::format("({})", fmt::join(definition.depends, ") && (")));
    if (const auto lack = missing(definition.depends, config); !lack.empty())
      all.back() += fmt::format(", of which {} {} not set", fmt::join(lack, ", "),
                                lack.size() == 1 ? "is" : "are");
  }
  if (found[0].choice)
    return usage_error("{}: it is one of several of which only one is set ({})", what,
                       found[0].file);
  if (wish.value == "n" || all.empty())
    return usage_error("{}: other symbols decide it; see `select {}` and its entry in {}", what,
                       wish.symbol, found[0].file);
  return usage_error("{}: it depends on {} ({})", what, fmt::join(all, ", or on "), found[0].file);
}

}  // namespace bioscope::kbuild
