// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/runner.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/chrono.h>

#include "harness/base/file.h"
#include "harness/evidence/run_directory.h"
#include "harness/kernel/built.h"
#include "harness/machine/sweep.h"
#include "harness/process/process.h"
#include "harness/run/needs.h"
#include "harness/run/trial_run.h"

namespace bioscope::run {
namespace {

std::string utc(const char* format) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format(fmt::runtime(fmt::format("{{:{}}}", format)), fmt::gmtime(now));
}

// One scenario's run while its trials go on.
struct Running {
  const ScenarioInfo& scenario;
  std::optional<evidence::RunDirectory> directory{};  // once the first trial begins
  verdict::RunResult result{};
};

struct Task {
  Running* run = nullptr;
  unsigned number = 0;
  unsigned attempt = 0;
  struct Left {  // times that it may be run again after such an end
    unsigned infra = 1;
    unsigned inconclusive = 0;
  } left{};
};

class Runner {
 public:
  Runner(const Options& options, Observer& observer, std::stop_token stop)
      : options_(options), observer_(observer), stop_(std::move(stop)) {}

  Outcome run(const std::vector<ScenarioInfo>& scenarios) {
    for (const ScenarioInfo& scenario : scenarios) {
      Running& run = runs_.emplace_back(Running{.scenario = scenario});
      for (unsigned number = 0; number < options_.trials; ++number)
        tasks_.push_back({.run = &run, .number = number, .left = {.inconclusive = options_.again}});
    }
    observer_.planned(tasks_.size());
    std::vector<std::jthread> machines;
    for (unsigned machine = 0; machine < std::max(1u, options_.jobs); ++machine)
      machines.emplace_back([this, machine] { work(machine); });
    machines.clear();
    Outcome outcome{.stopped = failure_};
    for (Running& run : runs_) {
      if (run.result.trials.empty()) continue;
      std::ranges::sort(run.result.trials, {}, [](const verdict::TrialResult& trial) {
        return std::pair(trial.number, trial.attempt);
      });
      outcome.runs.push_back(std::move(run.result));
    }
    return outcome;
  }

 private:
  Result<evidence::RunDirectory> make_directory(const ScenarioInfo& scenario) {
    const kernel::Kernel& kernel = options_.kernel;
    const auto origin = kernel.origin.value_or(kernel::Origin{});
    BSC_TRY_ASSIGN(
        auto directory,
        evidence::RunDirectory::create(
            options_.results,
            fmt::format("{}-{}-{}", utc("%Y%m%d-%H%M%S"), scenario.suite, scenario.property),
            {.program = options_.version,
             .scenario = scenario.name,
             .started = utc("%Y-%m-%dT%H:%M:%SZ"),
             .command = options_.command,
             .kernel_spec = kernel.spec,
             .kernel_release = kernel.release,
             .kernel_version = kernel.version,
             .kernel_build_id = kernel.build_id,
             .kernel_digest = kernel.digest,
             .kernel_source = origin.source,
             .kernel_variant = origin.variant,
             .kernel_series = origin.series,
             .kernel_patches = origin.patches,
             .kernel_config = origin.config,
             .accelerator = std::string(machine::name(options_.accelerator)),
             .expected = scenario.expect,
             .expected_finding = scenario.expect_finding}));
    BSC_TRY(write_file(directory.kernel() / "build-id", kernel.build_id + "\n"));
    if (!kernel.config.empty()) {
      BSC_TRY_ASSIGN(const auto config, read_file(kernel.config));
      BSC_TRY(write_file(directory.kernel() / "config", config));
    }
    if (!origin.files.empty()) {
      std::error_code code;
      std::filesystem::copy(origin.files, directory.kernel() / "series", code);
      if (code) return os_error(code.value(), "cannot copy {}", origin.files.string());
    }
    BSC_TRY(kernel::keep_debug(origin, directory.kernel() / "debug"));
    BSC_TRY(keep(own_modules(scenario, options_), directory));
    return directory;
  }

  std::string replay(const evidence::RunDirectory& directory) const {
    std::string line;
    if (options_.guest_command.empty() && !options_.shell)
      return fmt::format("bioscope replay {}{}", process::shell_quoted(directory.path().string()),
                         options_.host_arguments);
    for (const std::string& word : options_.command)
      line += (line.empty() ? "" : " ") + process::shell_quoted(word);
    return line;
  }

  Status begin(Running& run) {
    if (run.directory) return {};
    BSC_TRY_ASSIGN(run.directory, make_directory(run.scenario));
    run.result = {.scenario = run.scenario.name,
                  .directory = run.directory->path().string(),
                  .expected = run.scenario.expect,
                  .expected_finding = run.scenario.expect_finding,
                  .replay = replay(*run.directory)};
    return {};
  }

  std::optional<Task> take(unsigned machine) {
    const std::scoped_lock lock(mutex_);
    if (tasks_.empty() || enough_ || failure_ || stop_.stop_requested()) return {};
    const Task task = tasks_.front();
    tasks_.pop_front();
    if (auto begun = begin(*task.run); !begun) {
      failure_ = begun.error();
      return {};
    }
    observer_.started(machine, task.run->scenario.name, task.number);
    return task;
  }

  // The next attempt at a trial that ended so, if there is one: INFRA is run again once, what
  // proved nothing as often as the user asked. Every outcome stays on record; a FAIL is never run
  // again.
  std::optional<Task> again(Task task, verdict::Verdict ended) const {
    if (stop_.stop_requested() || task.run->scenario.expect == verdict::name(ended)) return {};
    unsigned* left = nullptr;
    if (ended == verdict::Verdict::kInfra) left = &task.left.infra;
    if (ended == verdict::Verdict::kInconclusive) left = &task.left.inconclusive;
    if (left == nullptr || *left == 0) return {};
    --*left;
    ++task.attempt;
    return task;
  }

  void work(unsigned machine) {
    std::unique_ptr<Boot> shared;  // a guest that may have another trial
    while (const auto task = take(machine)) {
      const std::string& scenario = task->run->scenario.name;
      const auto begin = std::chrono::steady_clock::now();
      auto result = run_trial(
          {.options = options_,
           .scenario = task->run->scenario,
           .directory = *task->run->directory,
           .trial = plan_trial(task->run->scenario, options_, task->number, task->attempt),
           .heard =
               [this, machine](const wire::ToHost& message) {
                 const std::scoped_lock lock(mutex_);
                 observer_.heard(machine, message);
               },
           .kept =
               [this](const std::filesystem::path& guest, const std::filesystem::path& gdb) {
                 {
                   const std::scoped_lock lock(mutex_);
                   observer_.kept(guest, gdb);
                 }
                 while (!stop_.stop_requested())
                   std::this_thread::sleep_for(std::chrono::milliseconds(100));
               },
           .stop = stop_},
          shared);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      const std::scoped_lock lock(mutex_);
      if (!result) {
        if (!failure_) failure_ = result.error();
        return;
      }
      result->seconds = took.count();
      observer_.finished(machine, scenario, *result);
      if (const auto next = again(*task, result->verdict)) tasks_.push_front(*next);
      if (options_.enough && options_.enough(*result)) enough_ = true;
      task->run->result.seconds += took.count();
      task->run->result.trials.push_back(std::move(*result));
    }
  }

  const Options& options_;
  Observer& observer_;
  std::stop_token stop_;
  std::deque<Running> runs_;
  std::mutex mutex_;  // of all below, and of the observer
  std::deque<Task> tasks_;
  bool enough_ = false;
  std::optional<Error> failure_;
};

}  // namespace

double clock_scale(machine::Accelerator accelerator, const kernel::Kernel& kernel) {
  double scale = accelerator == machine::Accelerator::kKvm ? 1 : 4;
  if (kernel.config.empty()) return scale;
  const auto config = kernel::Config::read(kernel.config);
  if (!config) return scale;
  if (config->get("KASAN")) scale *= 3;
  if (config->get("KCSAN")) scale *= 4;
  if (config->get("PROVE_LOCKING")) scale *= 2;
  return scale;
}

Result<Outcome> run(const std::vector<ScenarioInfo>& scenarios, const Options& options,
                    Observer& observer, std::stop_token stop) {
  // Leftovers of runners that were killed; what live ones hold is theirs.
  BSC_TRY(within("sweep", machine::sweep()));
  return Runner(options, observer, std::move(stop)).run(scenarios);
}

Result<std::vector<std::string>> describe(const std::vector<ScenarioInfo>& scenarios,
                                          const Options& options) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("kernel {} ({}), {}, {} machine{}, results in {}",
                              options.kernel.release, options.kernel.boot.string(),
                              machine::name(options.accelerator), options.jobs,
                              options.jobs == 1 ? "" : "s", options.results.string()));
  for (const ScenarioInfo& scenario : scenarios) {
    BSC_TRY_ASSIGN(const Needs needs, within(scenario.name, parse_needs(scenario.needs)));
    BSC_TRY_ASSIGN(const auto missing, unmet(needs, options.kernel));
    std::string line =
        fmt::format("{} x {}: {} vCPUs, {} MiB, {} NVDIMMs, {} disks, modules [{}], probes [{}]",
                    options.trials, scenario.name, needs.cpus, needs.memory_mib,
                    needs.nvdimm_mib.size(), needs.disk_mib.size(),
                    fmt::join(modules_to_load(needs), " "), fmt::join(scenario.probes, " "));
    for (const std::string& need : missing) line += "; unmet: " + need;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace bioscope::run
