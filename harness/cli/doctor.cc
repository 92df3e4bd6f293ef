// SPDX-License-Identifier: GPL-2.0-only
// bioscope doctor: what this machine and a kernel have and lack, before any scenario runs.
#include <unistd.h>

#include <memory>
#include <set>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/cli/host_options.h"
#include "harness/cli/place.h"
#include "harness/kernel/inspect.h"
#include "harness/machine/accelerator.h"

namespace bioscope::cli {
namespace {

struct Line {
  std::string kernel = "stock";
  std::string modules{};
  std::string json{};
};

// What scripts ask for: where the kernel's files are, and whether all is well.
Status write_json(const std::string& where, const kernel::Kernel& kernel, bool good) {
  const nlohmann::json object = {{"schema", 1},
                                 {"good", good},
                                 {"kernel",
                                  {{"spec", kernel.spec},
                                   {"release", kernel.release},
                                   {"version", kernel.version},
                                   {"build_id", kernel.build_id},
                                   {"digest", kernel.digest},
                                   {"boot", kernel.boot.string()},
                                   {"pvh", kernel.pvh},
                                   {"config", kernel.config.string()},
                                   {"modules", kernel.modules.string()}}}};
  const std::string text = object.dump(2) + "\n";
  return where == "-" ? write_all(STDOUT_FILENO, text) : write_file(where, text);
}

// A function's module as far as the probe groups tell.
std::string module_of(std::string_view group) { return group == "dm" ? "dm_mod" : ""; }

std::optional<kernel::Hook> hook_of(const std::string& group, const run::ProgramInfo& program) {
  const std::size_t colon = program.hook.find(':');
  if (colon == std::string::npos) return {};
  const std::string_view kind = std::string_view(program.hook).substr(0, colon);
  kernel::Hook hook{.group = group,
                    .program = program.program,
                    .target = program.hook.substr(colon + 1),
                    .module = module_of(group)};
  if (kind == "fentry")
    hook.kind = kernel::HookKind::kFentry;
  else if (kind == "fexit")
    hook.kind = kernel::HookKind::kFexit;
  else if (kind == "tp_btf")
    hook.kind = kernel::HookKind::kTpBtf;
  else
    return {};
  return hook;
}

void check(std::FILE* out, bool good, std::string_view what, std::string_view detail) {
  fmt::print(out, "  {:<4} {:<24} {}\n", good ? "ok" : "LACK", what, detail);
}

Result<int> execute(const Line& line) {
  std::FILE* const out = line.json == "-" ? stderr : stdout;
  bool good = true;
  const auto note = [&good, out](bool fine, std::string_view what, std::string_view detail) {
    check(out, fine, what, detail);
    good = good && fine;
  };
  fmt::print(out, "machine\n");
  const auto emulator = machine::find_emulator();
  note(emulator.has_value(), "QEMU", emulator ? emulator->string() : emulator.error().text());
  if (emulator) {
    const auto choice = machine::choose_accelerator({.emulator = *emulator, .cache = cache()});
    note(choice.has_value(), "accelerator",
         choice ? fmt::format("{} ({})", machine::name(choice->accelerator), choice->reason)
                : choice.error().text());
  }
  const auto agent_path = agent();
  note(agent_path.has_value(), "agent",
       agent_path ? agent_path->string() : agent_path.error().text());

  std::fflush(out);
  BSC_TRY(hold_cache());
  BSC_TRY_ASSIGN(const auto kernel,
                 kernel::provide(line.kernel, {.cache = cache(),
                                               .modules = line.modules,
                                               .progress = [](std::string_view text) {
                                                 fmt::print(stderr, "bioscope: {}\n", text);
                                               }}));
  fmt::print(out, "kernel {} ({})\n", line.kernel, kernel.release);
  check(out, kernel.pvh, "PVH boot", kernel.pvh ? "vmlinux" : "no PVH note: the bzImage is booted");
  note(!kernel.modules.empty(), "modules",
       kernel.modules.empty() ? "no module directory: name one with --modules"
                              : kernel.modules.string());
  BSC_TRY_ASSIGN(const auto manifest, manifest());
  std::vector<kernel::Hook> hooks;
  std::set<std::string> seen;
  for (const auto& [group, programs] : manifest.probes)
    for (const auto& program : programs)
      // Two programs may share a hook: the second records what the first is kept from.
      if (auto hook = hook_of(group, program);
          hook && group != "absent" && seen.insert(program.hook).second)
        hooks.push_back(std::move(*hook));
  BSC_TRY_ASSIGN(const auto inspection, kernel::inspect(kernel, hooks));
  note(inspection.btf, "BTF",
       inspection.btf ? "in vmlinux"
                      : "none: no probe can attach; build with CONFIG_DEBUG_INFO_BTF=y");
  for (const auto& finding : inspection.config) {
    const bool fine = finding.presence != kernel::Presence::kAbsent;
    const std::string detail = fmt::format(
        "{}: {}", finding.value.empty() ? kernel::name(finding.presence) : finding.value,
        finding.need.why);
    if (finding.need.weight == kernel::Weight::kSuite)
      check(out, fine, finding.need.symbol, detail);
    else
      note(fine, finding.need.symbol, detail);
  }
  fmt::print(out, "hooks\n");
  for (const auto& finding : inspection.hooks)
    note(finding.presence != kernel::Presence::kAbsent,
         fmt::format("{}:{}", kernel::name(finding.hook.kind), finding.hook.target),
         fmt::format("{} ({})", kernel::name(finding.presence), finding.reason));
  if (!line.json.empty()) BSC_TRY(write_json(line.json, kernel, good));
  return good ? 0 : 1;
}

}  // namespace

void add_doctor(CLI::App& app, const Context&, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb = app.add_subcommand("doctor", "say what this machine and a kernel lack");
  verb->add_option("--kernel", line->kernel, "as for run")->capture_default_str();
  verb->add_option("--modules", line->modules, "as for run");
  verb->add_option("--json", line->json,
                   "write where the kernel is as JSON (- is standard output)");
  verb->callback([=, &action] { action = [line] { return execute(*line); }; });
}

}  // namespace bioscope::cli
