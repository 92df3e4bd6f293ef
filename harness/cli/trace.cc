// SPDX-License-Identifier: GPL-2.0-only
// bioscope trace info|show RUN: what a stored trace holds, and its records as lines.
#include <charconv>
#include <memory>
#include <optional>

#include "harness/cli/verb.h"
#include "harness/evidence/run_directory.h"
#include "harness/inspect/trace.h"

namespace bioscope::cli {
namespace {

struct Line {
  std::string run{};
  std::optional<unsigned> guest{};
  std::string bio{};
  inspect::Filter filter{};
};

void print(std::string_view line) { fmt::print("{}\n", line); }

// RUN/guests/G; without --guest the only one, or the first.
Result<std::filesystem::path> guest_of(const Line& line) {
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  const auto guest = run.guest(line.guest.value_or(0));
  if (!std::filesystem::is_directory(guest / "trace"))
    return usage_error("{} has no trace: no probe was armed, or the guest never ran",
                       guest.string());
  return guest;
}

Result<std::uint64_t> address(const std::string& text) {
  if (text.empty()) return 0;
  const std::string_view digits = text.starts_with("0x") ? std::string_view(text).substr(2) : text;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return usage_error("--bio {} is no address in hex", text);
  return value;
}

Result<int> execute_show(Line& line) {
  BSC_TRY_ASSIGN(line.filter.bio, address(line.bio));
  BSC_TRY_ASSIGN(const auto guest, guest_of(line));
  BSC_TRY(inspect::show(guest, line.filter, print));
  return 0;
}

Result<int> execute_info(const Line& line) {
  BSC_TRY_ASSIGN(const auto guest, guest_of(line));
  BSC_TRY(inspect::info(guest, print));
  return 0;
}

}  // namespace

void add_trace(CLI::App& app, const Context&, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("trace", "look into a stored trace");
  verb->require_subcommand(1);
  CLI::App* info = verb->add_subcommand("info", "what the trace holds and lacks");
  CLI::App* show = verb->add_subcommand("show", "its records, one line each");
  for (CLI::App* each : {info, show}) {
    each->add_option("run", line->run, "run directory")->required();
    each->add_option("--guest", line->guest, "number of the guest (0)");
  }
  show->add_option("--bio", line->bio, "only records of the bio at this address");
  show->add_option("--type", line->filter.type, "only events of this name");
  show->add_option("--from", line->filter.from, "first order");
  show->add_option("--to", line->filter.to, "last order");
  show->add_flag("--stacks", line->filter.stacks, "with stacks");
  info->callback([=, &action] { action = [line] { return execute_info(*line); }; });
  show->callback([=, &action] { action = [line] { return execute_show(*line); }; });
}

}  // namespace bioscope::cli
