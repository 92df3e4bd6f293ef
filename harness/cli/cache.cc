// SPDX-License-Identifier: GPL-2.0-only
// bioscope cache [trim]: what is kept in ~/.cache/bioscope, and making it smaller.
#include "harness/cache/cache.h"

#include <map>
#include <memory>

#include "harness/cli/place.h"
#include "harness/cli/verb.h"

namespace bioscope::cli {
namespace {

Result<int> show() {
  struct Sum {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, Sum> kinds;
  Sum all;
  for (const auto& entry : cache::entries(cache())) {
    for (Sum* sum : {&kinds[entry.kind], &all}) {
      ++sum->count;
      sum->bytes += entry.bytes;
    }
  }
  for (const auto& [kind, sum] : kinds)
    fmt::print("{:<14} {:>5} {:>12}\n", kind, sum.count, cache::size_text(sum.bytes));
  fmt::print("{:<14} {:>5} {:>12}  {}\n", "all", all.count, cache::size_text(all.bytes),
             cache().string());
  return 0;
}

Result<int> trim(const std::string& quota) {
  BSC_TRY_ASSIGN(const auto bytes, within("--quota", cache::parse_size(quota)));
  BSC_TRY_ASSIGN(const auto trimmed, cache::trim(cache(), bytes));
  fmt::print("removed {} entries, {}; {} are left\n", trimmed.removed,
             cache::size_text(trimmed.bytes), cache::size_text(trimmed.left));
  return 0;
}

}  // namespace

void add_cache(CLI::App& app, const Context&, Action& action) {
  CLI::App* verb = app.add_subcommand("cache", "show what is kept for later runs");
  verb->require_subcommand(0, 1);
  CLI::App* trim_verb =
      verb->add_subcommand("trim", "remove what was not used for the longest time");
  const auto quota = std::make_shared<std::string>("20G");
  trim_verb->add_option("--quota", *quota, "how much may stay: 20G, 512M, 0")
      ->capture_default_str();
  verb->callback([=, &action] {
    action = trim_verb->parsed() ? Action([quota] { return trim(*quota); }) : Action(show);
  });
}

}  // namespace bioscope::cli
