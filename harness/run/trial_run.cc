// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/trial_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "harness/base/file.h"
#include "harness/evidence/session.h"
#include "harness/machine/guardian.h"
#include "harness/machine/late_cpus.h"
#include "harness/machine/root.h"
#include "harness/machine/timing.h"
#include "harness/plan/draw.h"
#include "harness/run/job.h"
#include "harness/run/judging.h"
#include "harness/run/needs.h"
#include "harness/run/terminal_relay.h"
#include "harness/run/worker.h"
#include "harness/verdict/judge.h"

namespace bioscope::run {
namespace {

// Wanted by the agent itself, whatever the scenario.
const std::vector<std::string> kAgentModules{"virtio_pci", "virtio_console"};
const std::vector<std::string> kAgentOptional{"pvpanic", "pvpanic_mmio"};

// Console: warnings and the banner until the agent raises the level; every line with its time, by
// which the parser knows the kernel's own. A panic ends the machine.
constexpr char kCommandLine[] =
    "console=ttyS0 loglevel=6 printk.time=1 panic=-1 random.trust_cpu=on "
    "cryptomgr.notests 8250.nr_uarts=1";

std::optional<std::string> configured(const kernel::Kernel& kernel, const std::string& symbol) {
  if (kernel.config.empty()) return {};
  const auto config = kernel::Config::read(kernel.config);
  return config ? config->get(symbol) : std::nullopt;
}

std::optional<unsigned> ticks_per_second(const kernel::Kernel& kernel) {
  const auto hz = configured(kernel, "HZ");
  return hz ? std::optional(static_cast<unsigned>(std::atoi(hz->c_str()))) : std::nullopt;
}

std::string command_line(const evidence::Trial& trial, const Options& options) {
  std::string line = kCommandLine;
  line += ' ' + machine::timing_arguments(options.accelerator, ticks_per_second(options.kernel));
  const bool hotplug = configured(options.kernel, "HOTPLUG_CPU") == "y";
  line += ' ' + machine::late_cpus_arguments(options.accelerator, hotplug);
  for (const std::string& argument : trial.boot) line += ' ' + argument;
  // Else a guest that outlives its oops has changed its memory by the time it is looked at.
  if (options.dump) line += " oops=panic";
  return line;
}

Status make_sparse(const std::filesystem::path& path, std::uint64_t bytes) {
  BSC_TRY_ASSIGN(const Fd fd, open_file(path, O_RDWR | O_CREAT | O_TRUNC));
  if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0)
    return os_error(errno, "cannot make {} of {} bytes", path.string(), bytes);
  return {};
}

constexpr std::uint64_t kMib = 1u << 20;
constexpr std::uint64_t kLabel = 2 * kMib;

// A file of the user's, which keeps what the guest leaves in it. Made if it is not there.
Result<machine::Nvdimm> own_nvdimm(const std::filesystem::path& file, std::uint64_t mib) {
  if (!std::filesystem::exists(file)) BSC_TRY(make_sparse(file, mib * kMib + kLabel));
  std::error_code code;
  const auto bytes = std::filesystem::file_size(file, code);
  if (code || bytes < kLabel || (bytes - kLabel) % (16 * kMib) != 0 || bytes - kLabel < mib * kMib)
    return usage_error(
        "--nvdimm {}: give a file of a multiple of 16 MiB, {} or more, and 2 MiB of labels; one "
        "that is not there is made",
        file.string(), mib);
  return machine::Nvdimm{
      .file = std::filesystem::absolute(file), .data_bytes = bytes - kLabel, .label_bytes = kLabel};
}

Status add_storage(const Needs& needs, const std::filesystem::path& own,
                   machine::MachineSpec& spec) {
  for (const std::uint64_t mib : needs.nvdimm_mib) {
    if (spec.nvdimms.empty() && !own.empty()) {
      BSC_TRY_ASSIGN(spec.nvdimms.emplace_back(), own_nvdimm(own, mib));
      continue;
    }
    const auto file = spec.root / fmt::format("nvdimm{}", spec.nvdimms.size());
    BSC_TRY(make_sparse(file, mib * kMib + kLabel));
    spec.nvdimms.push_back({.file = file, .data_bytes = mib * kMib, .label_bytes = kLabel});
  }
  for (const std::uint64_t mib : needs.disk_mib) {
    const auto file = spec.root / fmt::format("disk{}", spec.disks.size());
    BSC_TRY(make_sparse(file, mib * kMib));
    spec.disks.push_back({.file = file, .serial = fmt::format("disk{}", spec.disks.size())});
  }
  return {};
}

Clocks clocks_of(const ScenarioInfo& scenario, bool long_form, const Options& options,
                 double scale) {
  Clocks clocks;
  clocks.scenario = std::chrono::duration<double>(long_form ? scenario.long_budget_seconds
                                                            : scenario.budget_seconds);
  // Shorter than the scenario's, or a workload that gets nowhere would seem merely slow.
  clocks.no_progress = std::min(clocks.no_progress, clocks.scenario * 0.6);
  clocks.total = clocks.boot + clocks.scenario + std::chrono::seconds(20);
  clocks = clocks.stretched(scale);
  // Whoever sits at a shell takes the time he needs.
  if (options.shell) clocks.scenario = clocks.total = std::chrono::hours(24);
  if (options.timeout) {
    clocks.scenario = std::chrono::duration<double>(*options.timeout);
    clocks.total = clocks.boot + clocks.scenario + std::chrono::seconds(20) * scale;
  }
  if (!options.guest_command.empty() || options.shell) {
    // What a user runs by hand tells no heartbeat of its progress.
    clocks.no_progress = clocks.scenario;
  }
  return clocks;
}

// A worker that ended without its record is a fault of ours or of the host, unless the user can
// mend it: then no trial would end otherwise.
Status complete_record(const std::filesystem::path& guest, int code, bool interrupted) {
  if (std::filesystem::exists(guest / "clock")) return {};
  evidence::Session session;
  session.interrupted = interrupted;
  if (!interrupted) {
    std::string said = read_file(guest / "worker.log").value_or("").substr(0, 1000);
    while (said.ends_with('\n')) said.pop_back();
    if (code == kUsageCode) return usage_error("{}", said);
    session.host_error =
        fmt::format("the worker ended with code {}{}{}", code, said.empty() ? "" : ": ", said);
  }
  return write_file(guest / "clock", evidence::to_json(session));
}

// A guest that goes on to other trials cannot stand still for a user, nor be asked for more than
// its probes were told.
bool may_share(const TrialRun& what) {
  const Options& options = what.options;
  return options.share_boots && what.scenario.shares_boot && options.trials > 1 &&
         what.trial.attempt == 0 && !options.keep && !options.dump && !options.draw &&
         options.nvdimm.empty();
}

wire::Start start_of(const TrialRun& what, const Needs& needs) {
  const ScenarioInfo& scenario = what.scenario;
  std::vector<std::string> module_files;
  for (const OwnModule& module : own_modules(scenario, what.options))
    module_files.push_back(request(module));
  return {.scenario = scenario.name,
          .trial = what.trial.number,
          .seed = what.trial.seed,
          .long_form = what.trial.long_form,
          .modules = modules_to_load(needs),
          .module_files = std::move(module_files),
          .probes = scenario.probes,
          .command = what.options.guest_command,
          .shell = what.options.shell,
          .ring_bytes = scenario.ring_bytes,
          .faults = what.trial.faults,
          .share = may_share(what)};
}

std::vector<wire::Fault> faults_of(const ScenarioInfo& scenario, const Options& options,
                                   std::uint64_t seed) {
  if (options.plan) return options.plan->faults;
  return options.draw ? plan::draw(scenario.faults, seed) : plan::planned(scenario.faults);
}

// The machine of a trial that gets one of its own.
Result<std::unique_ptr<Boot>> boot(const TrialRun& what, const Needs& needs,
                                   const std::filesystem::path& guest) {
  const Options& options = what.options;
  const evidence::Trial& trial = what.trial;
  std::vector<std::string> modules = kAgentModules;
  const auto wanted = modules_to_load(needs);
  for (const std::string& module : wanted) modules.push_back(module.substr(0, module.find(' ')));
  std::vector<image::Entry> files = options.files;
  for (const OwnModule& module : own_modules(what.scenario, options))
    files.push_back({.host = module.file, .guest = guest_path(module)});
  BSC_TRY_ASSIGN(const auto image, within("image", image::build({.agent = options.agent,
                                                                 .modules = options.kernel.modules,
                                                                 .needs = modules,
                                                                 .optional = kAgentOptional,
                                                                 .tools = needs.tools,
                                                                 .files = files,
                                                                 .cache = options.cache})));
  BSC_TRY_ASSIGN(machine::Root root, machine::Root::make());

  const double scale = clock_scale(options.accelerator, options.kernel);
  Job job{.machine = {.name = "bioscope",
                      .root = root.path(),
                      .cache = options.cache,
                      .uri = options.uri,
                      .emulator = options.emulator,
                      .kernel = options.kernel.boot,
                      .initrd = image.path,
                      .command_line = command_line(trial, options),
                      .vcpus = needs.cpus,
                      .memory_mib = needs.memory_mib,
                      .accelerator = options.accelerator,
                      .console = std::filesystem::absolute(guest / "console"),
                      .images = std::filesystem::absolute(guest)},
          .start = start_of(what, needs),
          .clocks = clocks_of(what.scenario, trial.long_form, options, scale),
          .scale = scale,
          .guest = std::filesystem::absolute(guest),
          .dump = options.dump,
          .keep = options.keep};
  if (options.shell) job.machine.terminal = root.path() / "terminal";
  if (options.keep || options.dump) job.machine.preserve_on_crash = true;
  if (options.keep) job.machine.gdb = root.path() / "gdb";
  BSC_TRY(add_storage(needs, options.nvdimm, job.machine));
  return Boot::start(
      std::move(root), std::move(job), options.program,
      options.uri.empty() ? machine::Isolation::kBest : machine::Isolation::kSubreaper);
}

// Where the trial takes it.
std::string own_nvdimm_of(const ScenarioInfo& scenario, const Options& options) {
  const bool takes = std::ranges::any_of(
      scenario.needs, [](const std::string& need) { return need.starts_with("nvdimm:"); });
  return options.nvdimm.empty() || !takes ? "" : std::filesystem::absolute(options.nvdimm).string();
}

}  // namespace

std::vector<OwnModule> own_modules(const ScenarioInfo& scenario, const Options& options) {
  const bool command = !options.guest_command.empty() || options.shell;
  return command || scenario.needed_option() ? options.modules : std::vector<OwnModule>{};
}

evidence::Trial plan_trial(const ScenarioInfo& scenario, const Options& options, unsigned number,
                           unsigned attempt) {
  const std::uint64_t seed = options.plan ? options.plan->seed : options.seed + number;
  auto faults = faults_of(scenario, options, seed);
  std::vector<std::string> modules;
  for (const OwnModule& module : own_modules(scenario, options)) modules.push_back(kept_as(module));
  return {
      .scenario = scenario.name,
      .number = number,
      .attempt = attempt,
      .guest = number * (kMostAgain + 2) + attempt,
      .seed = seed,
      .long_form = options.long_form && scenario.long_budget_seconds != 0,
      .kernel = options.kernel.digest,
      .release = options.kernel.release,
      .command = options.guest_command,
      .needs = scenario.needs,
      .probes = scenario.probes,
      .oracles = scenario.oracles,
      .witness = scenario.witness,
      .boot = plan::boot_arguments(
          scenario.boot, {.boot = options.plan ? options.plan->boot : std::vector<std::string>{},
                          .faults = faults}),
      .faults = std::move(faults),
      .expects_errors =
          std::ranges::find(scenario.faults, "error", &wire::Fault::kind) != scenario.faults.end(),
      .modules = std::move(modules),
      .nvdimm = own_nvdimm_of(scenario, options),
      .expect = scenario.expect,
      .expect_finding = scenario.expect_finding};
}

Result<verdict::TrialResult> run_trial(const TrialRun& what, std::unique_ptr<Boot>& shared) {
  const Options& options = what.options;
  const evidence::Trial& trial = what.trial;
  BSC_TRY_ASSIGN(const auto directory, what.directory.make_trial(trial.number, trial.attempt));
  BSC_TRY(write_file(directory / "plan.json", evidence::to_json(trial)));
  BSC_TRY_ASSIGN(const Needs needs, within(what.scenario.name, parse_needs(trial.needs)));
  BSC_TRY_ASSIGN(auto missing, unmet(needs, options.kernel));
  if (const auto bug = options.support.known_bug(trial.release, trial.scenario))
    missing.push_back("a kernel without " + *bug);
  if (!missing.empty()) {
    auto result = verdict::judge_unmet(trial, missing, options.support);
    result.directory = directory.string();
    BSC_TRY(store(directory, result));
    return result;
  }

  BSC_TRY_ASSIGN(const auto guest, what.directory.make_guest(trial.guest));
  if (shared && (!may_share(what) || shared->job().start.scenario != trial.scenario))
    shared.reset();
  if (shared) {
    BSC_TRY_ASSIGN(const bool goes_on,
                   shared->next(start_of(what, needs), std::filesystem::absolute(guest)));
    if (!goes_on) shared.reset();
  }
  if (!shared) {
    BSC_TRY_ASSIGN(shared, boot(what, needs, guest));
  }
  std::optional<TerminalRelay> relay;
  const auto heard = [&](const wire::ToHost& message) {
    if (const auto* phase = std::get_if<wire::Phase>(&message);
        options.shell && phase != nullptr &&
        phase->name == "arm")  // to be there when the shell begins
      relay.emplace(shared->job().machine.terminal);
    if (std::holds_alternative<wire::ScenarioEnd>(message)) relay.reset();
    if (what.heard) what.heard(message);
  };
  const auto state = shared->listen(what.stop, heard);
  relay.reset();
  const auto judged = [&] { return judge_trial(what.directory, directory, options.support); };
  BSC_TRY(write_file(directory / "slice", evidence::to_json(evidence::Slice{})));
  if (state == Boot::State::kRests) {
    auto result = judged();
    // The first that is no pass has the last word in its boot.
    if (!result || result->verdict != verdict::Verdict::kPass) shared.reset();
    return result;
  }
  if (state == Boot::State::kKept && std::filesystem::exists(guest / "clock")) {
    BSC_TRY_ASSIGN(const auto result, judged());
    if (result.verdict != verdict::Verdict::kPass && what.kept)
      what.kept(guest, shared->job().machine.gdb);
  }
  const int code = std::exchange(shared, nullptr)->end();
  BSC_TRY(complete_record(guest, code, what.stop.stop_requested()));
  return judged();
}

}  // namespace bioscope::run
