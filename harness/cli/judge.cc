// SPDX-License-Identifier: GPL-2.0-only
// bioscope judge RUN...: judges stored runs again, without a guest.
#include <memory>

#include "harness/cli/host_options.h"
#include "harness/cli/place.h"
#include "harness/report/terminal.h"
#include "harness/run/judging.h"

namespace bioscope::cli {
namespace {

struct Line {
  HostOptions host{};
  std::vector<std::string> runs{};
};

Result<int> execute(const Line& line) {
  BSC_TRY_ASSIGN(const auto support, support());
  std::vector<verdict::RunResult> results;
  run::Options options;
  for (const std::string& path : line.runs) {
    BSC_TRY_ASSIGN(const auto directory, evidence::RunDirectory::open(path));
    BSC_TRY_ASSIGN(auto result, run::judge_run(directory, support));
    const evidence::RunInfo& info = directory.info();
    options.kernel = {.spec = info.kernel_spec,
                      .release = info.kernel_release,
                      .version = info.kernel_version,
                      .build_id = info.kernel_build_id,
                      .digest = info.kernel_digest};
    result.replay = "bioscope judge " + path;
    results.push_back(std::move(result));
  }
  report::Terminal(line.host.stdout_taken() ? stderr : stdout).summary(results);
  BSC_TRY(line.host.report(results, options));
  return verdict::exit_code(results);
}

}  // namespace

void add_judge(CLI::App& app, const Context&, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("judge", "judge stored runs again, without a guest");
  verb->add_option("run", line->runs, "run directories")->required();
  verb->add_option("--json", line->host.json, "write the result as JSON (- is standard output)");
  verb->add_option("--junit", line->host.junit, "write the result as JUnit XML");
  verb->add_option("--ktap", line->host.ktap, "write the result as KTAP");
  verb->callback([=, &action] { action = [line] { return execute(*line); }; });
}

}  // namespace bioscope::cli
