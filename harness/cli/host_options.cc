// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/host_options.h"

#include <unistd.h>

#include "bioscope_version.h"
#include "harness/base/file.h"
#include "harness/cli/place.h"
#include "harness/evidence/run_directory.h"
#include "harness/machine/accelerator.h"
#include "harness/process/process.h"
#include "harness/report/json.h"
#include "harness/report/junit.h"
#include "harness/report/ktap.h"

namespace bioscope::cli {
namespace {

void say(std::string_view line) { fmt::print(stderr, "bioscope: {}\n", line); }

Status deliver(const std::string& where, const std::string& text) {
  if (where.empty()) return {};
  if (where == "-") return within("standard output", write_all(STDOUT_FILENO, text));
  auto written = write_file(where, text);
  if (!written) written.error().blame = Blame::kUsage;
  return written;
}

}  // namespace

void HostOptions::add_to(CLI::App& verb) {
  verb.add_option("--kernel", kernel,
                  "stock | stock:6.12 | stock:=VERSION | built:NAME | file:PATH | host")
      ->capture_default_str();
  verb.add_option("--modules", modules, "directory of modules, for --kernel file:PATH");
  verb.add_option("--accel", accelerator, "auto | kvm | tcg")->capture_default_str();
  verb.add_option("--connect", uri, "libvirt URI instead of a driver of our own");
  verb.add_option("--results", results, "directory of run directories");
  verb.add_option("--nvdimm", nvdimm,
                  "file that is the first NVDIMM and keeps what the guest leaves in it; made if it "
                  "is not there");
  verb.add_option("--timeout", timeout, "seconds for the workload, as they are")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--dump", dump, "keep the memory of a guest that crashed or hangs; oops=panic");
  verb.add_flag("--keep", keep, "leave the guest of the first trial that is no PASS, stopped");
  verb.add_option("--json", json, "write the result as JSON (- is standard output)");
  verb.add_option("--junit", junit, "write the result as JUnit XML");
  verb.add_option("--ktap", ktap, "write the result as KTAP");
}

Result<run::Options> HostOptions::prepare(const Context& context) const {
  run::Options options;
  options.cache = cache();
  options.results = results.empty() ? default_results() : std::filesystem::path(results);
  BSC_TRY(evidence::check_results(options.results));
  BSC_TRY_ASSIGN(options.program, program());
  BSC_TRY_ASSIGN(options.agent, agent());
  BSC_TRY_ASSIGN(options.support, support());
  BSC_TRY_ASSIGN(options.emulator, machine::find_emulator());
  BSC_TRY_ASSIGN(const auto choice,
                 machine::choose_accelerator(
                     {.wish = accelerator, .emulator = options.emulator, .cache = options.cache}));
  options.accelerator = choice.accelerator;
  BSC_TRY(hold_cache());
  BSC_TRY_ASSIGN(
      options.kernel,
      kernel::provide(kernel, {.cache = options.cache, .modules = modules, .progress = say}));
  options.uri = uri;
  const auto repeat = [&options](const char* name, const std::string& value) {
    options.host_arguments += fmt::format(" {} {}", name, process::shell_quoted(value));
  };
  if (!modules.empty()) repeat("--modules", modules);
  if (!uri.empty()) repeat("--connect", uri);
  if (!nvdimm.empty()) repeat("--nvdimm", nvdimm);
  options.timeout = timeout;
  options.nvdimm = nvdimm;
  options.dump = dump;
  options.keep = keep;
  options.version = kVersion;
  options.command = context.command;
  return options;
}

Status HostOptions::report(const std::vector<verdict::RunResult>& runs,
                           const run::Options& options) const {
  const report::KernelInfo info{.spec = options.kernel.spec,
                                .release = options.kernel.release,
                                .version = options.kernel.version,
                                .build_id = options.kernel.build_id,
                                .digest = options.kernel.digest};
  if (!json.empty()) BSC_TRY(deliver(json, report::to_json(info, runs)));
  if (!junit.empty()) BSC_TRY(deliver(junit, report::to_junit(info, runs)));
  if (!ktap.empty()) BSC_TRY(deliver(ktap, report::to_ktap(runs)));
  return {};
}

}  // namespace bioscope::cli
