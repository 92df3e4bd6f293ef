// SPDX-License-Identifier: GPL-2.0-only
// Verbs of the command line: one file each. A verb adds itself to the parser and returns what to
// do once the line is parsed; main() turns its error or exit code into the program's.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "harness/base/result.h"

namespace bioscope::cli {

// The exit code of the verb.
using Action = std::function<Result<int>()>;

struct Context {
  std::vector<std::string> command{};  // the line as given
  std::stop_token interrupted{};
};

// Adds a verb to `app`; sets `action` when it was chosen.
void add_doctor(CLI::App& app, const Context& context, Action& action);
void add_cache(CLI::App& app, const Context& context, Action& action);
void add_kernel(CLI::App& app, const Context& context, Action& action);
void add_list(CLI::App& app, const Context& context, Action& action);
void add_run(CLI::App& app, const Context& context, Action& action);
void add_replay(CLI::App& app, const Context& context, Action& action);
void add_judge(CLI::App& app, const Context& context, Action& action);
void add_compare(CLI::App& app, const Context& context, Action& action);
void add_series(CLI::App& app, const Context& context, Action& action);
void add_bisect(CLI::App& app, const Context& context, Action& action);
void add_exec(CLI::App& app, const Context& context, Action& action);
void add_mutants(CLI::App& app, const Context& context, Action& action);
void add_nvdimm(CLI::App& app, const Context& context, Action& action);
void add_report(CLI::App& app, const Context& context, Action& action);
void add_trace_cut(CLI::App& trace, Action& action);  // into the verb trace
void add_trace(CLI::App& app, const Context& context, Action& action);

void add_completion(CLI::App& app, const Context& context, Action& action);
void add_manpage(CLI::App& app, const Context& context, Action& action);

// What the last of `words` may become, the program's name left out; for the shells.
inline constexpr char kCompleteVerb[] = "__complete";
std::vector<std::string> candidates(const CLI::App& root, const std::vector<std::string>& words);

}  // namespace bioscope::cli
