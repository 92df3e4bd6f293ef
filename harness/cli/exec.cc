// SPDX-License-Identifier: GPL-2.0-only
// bioscope exec -- CMD: a user's own program under our probes and oracles. Its exit status is
// passed on; what the oracles say goes to stderr.
#include <unistd.h>

#include <memory>

#include "harness/base/file.h"
#include "harness/cli/host_options.h"
#include "harness/cli/module_line.h"
#include "harness/cli/place.h"
#include "harness/oracle/oracle.h"
#include "harness/report/terminal.h"

namespace bioscope::cli {
namespace {

struct Line {
  HostOptions host{};
  std::vector<std::string> probes{"bio", "dm"};
  std::vector<std::string> needs{};
  std::vector<std::string> files{};
  ModuleLine modules{};
  std::vector<std::string> command{};
  bool shell = false;
};

// Passes the guest's output through; everything else is shown as run shows it.
class Echo final : public run::Observer {
 public:
  explicit Echo(report::Terminal& terminal) : terminal_(terminal) {}
  void planned(std::size_t trials) override { terminal_.planned(trials); }
  void started(unsigned machine, const std::string& scenario, unsigned trial) override {
    terminal_.started(machine, scenario, trial);
  }
  void heard(unsigned machine, const wire::ToHost& message) override {
    if (const auto* output = std::get_if<wire::Output>(&message)) {
      static_cast<void>(
          write_all(output->stream == 2 ? STDERR_FILENO : STDOUT_FILENO, output->bytes));
      return;
    }
    if (const auto* end = std::get_if<wire::ScenarioEnd>(&message)) status_ = end->status;
    if (const auto* module = std::get_if<wire::ModuleLoaded>(&message);
        module != nullptr && !module->ok && module->cause == "request_module")
      fmt::print(stderr,
                 "bioscope: the kernel asked for a module: {}; --need module:NAME brings one\n",
                 module->what);
    terminal_.heard(machine, message);
  }
  void kept(const std::filesystem::path& guest, const std::filesystem::path& gdb) override {
    terminal_.kept(guest, gdb);
  }
  void finished(unsigned machine, const std::string& scenario,
                const verdict::TrialResult& result) override {
    terminal_.finished(machine, scenario, result);
  }
  int status() const { return status_; }

 private:
  report::Terminal& terminal_;
  int status_ = 0;
};

Result<image::Entry> file_of(const std::string& pair) {
  const std::size_t colon = pair.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size() ||
      pair[colon + 1] != '/')
    return usage_error("--file {} is not HOST:GUEST with an absolute path in the guest", pair);
  image::Entry entry{.host = pair.substr(0, colon), .guest = pair.substr(colon + 1)};
  if (!std::filesystem::is_regular_file(entry.host))
    return usage_error("--file {}: {} is no file", pair, entry.host.string());
  return entry;
}

// A command that is a file here goes along, to where it is called.
void bring_program(const std::string& program, run::Options& options) {
  if (program.find('/') == std::string::npos) return;
  for (const image::Entry& entry : options.files)
    if (entry.guest == program) return;
  const auto path = std::filesystem::absolute(program).lexically_normal();
  if (!std::filesystem::is_regular_file(path)) return;
  options.guest_command[0] = path.string();
  options.files.push_back({.host = path, .guest = path.string(), .mode = 0755});
}

Result<run::ScenarioInfo> scenario_of(const Line& line, const run::Manifest& manifest) {
  run::ScenarioInfo scenario{.suite = "exec",
                             .property = "command",
                             .name = "exec",
                             .needs = line.needs,
                             .budget_seconds = 60};
  for (const std::string& group : line.probes) {
    if (group == "none") continue;
    if (!manifest.probes.contains(group))
      return usage_error("there is no probe group {}; `bioscope list` shows them", group);
    scenario.probes.push_back(group);
  }
  // Every oracle whose programs are all among the probes.
  for (const oracle::OracleInfo& info : oracle::all_oracles()) {
    if (info.make == nullptr) continue;
    const bool armed = std::ranges::all_of(info.programs, [&](std::string_view program) {
      return std::ranges::any_of(scenario.probes, [&](const std::string& group) {
        return std::ranges::find(manifest.probes.at(group), program, &run::ProgramInfo::program) !=
               manifest.probes.at(group).end();
      });
    });
    if (armed) scenario.oracles.emplace_back(info.name);
  }
  // dm's probes attach to dm_mod, which has to be there.
  if (std::ranges::find(scenario.probes, "dm") != scenario.probes.end())
    scenario.needs.insert(scenario.needs.begin(), "module:dm_mod");
  return scenario;
}

Result<int> execute(Line& line, const Context& context) {
  if (line.command.empty() && !line.shell)
    return usage_error("exec needs a command behind --, or --shell");
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  BSC_TRY_ASSIGN(auto scenario, scenario_of(line, manifest));
  BSC_TRY(within("--module", line.modules.read()));
  scenario.needs.insert(scenario.needs.end(), line.modules.needs.begin(), line.modules.needs.end());
  BSC_TRY_ASSIGN(auto options, line.host.prepare(context));
  BSC_TRY(within("--module", line.modules.check(options.kernel)));
  options.modules = line.modules.modules;
  options.guest_command = line.command;
  options.shell = line.shell;
  for (const std::string& pair : line.files) {
    BSC_TRY_ASSIGN(auto entry, file_of(pair));
    options.files.push_back(std::move(entry));
  }
  if (!line.command.empty()) {
    // Any other name is a command of busybox, or the guest says that there is none.
    if (image::knows_tool(line.command[0])) scenario.needs.push_back("tool:" + line.command[0]);
    bring_program(line.command[0], options);
  }
  scenario.needs.push_back("tool:busybox");  // people write shell lines

  report::Terminal terminal(stderr);
  Echo echo(terminal);
  BSC_TRY_ASSIGN(const auto outcome, run::run({scenario}, options, echo, context.interrupted));
  if (!outcome.runs.empty() || !outcome.stopped) terminal.summary(outcome.runs);
  BSC_TRY(line.host.report(outcome.runs, options));
  if (outcome.stopped) return std::unexpected(*outcome.stopped);
  if (echo.status() != 0)
    fmt::print(stderr, "bioscope: the command exited with {}\n", echo.status());
  // The verdict outweighs the command only where it says more than that the command failed.
  const int code = verdict::exit_code(outcome.runs);
  return code != 0 ? code : echo.status();
}

}  // namespace

void add_exec(CLI::App& app, const Context& context, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb =
      app.add_subcommand("exec", "run a command of your own in a guest, under probes and oracles");
  line->host.add_to(*verb);
  // One value each: an option that takes many would swallow the -- behind it.
  const auto add = [verb](const char* name, std::vector<std::string>& values, const char* what) {
    return verb->add_option(name, values, what)->allow_extra_args(false);
  };
  add("--probes", line->probes, "groups, or none")->delimiter(',')->capture_default_str();
  add("--need", line->needs, "module:NAME, tool:PROGRAM, nvdimm:MIB, disk:MIB, cpus:N, memory:MIB");
  add("--file", line->files, "HOST:GUEST, a file to bring along");
  add("--module", line->modules.values, "a .ko to bring along and load, or '.ko PARAMETER...'");
  verb->add_flag("--shell", line->shell, "a shell on the guest's console");
  verb->add_option("command", line->command, "the command and its arguments, behind --");
  verb->callback(
      [=, &context, &action] { action = [line, &context] { return execute(*line, context); }; });
}

}  // namespace bioscope::cli
