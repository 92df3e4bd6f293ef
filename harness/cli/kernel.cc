// SPDX-License-Identifier: GPL-2.0-only
// bioscope kernel build | list | rm: kernels from source.
#include <unistd.h>

#include <memory>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/cli/place.h"
#include "harness/cli/verb.h"
#include "harness/kbuild/build.h"
#include "harness/kernel/built.h"

namespace bioscope::cli {
namespace {

using namespace std::chrono_literals;

struct BuildLine {
  kbuild::Request request{};
  unsigned jobs = 0;
};

// How far the compiler is: one line that changes on a terminal, a line now and then elsewhere.
class Meter {
 public:
  void show(const kbuild::Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    const bool terminal = ::isatty(STDERR_FILENO) != 0;
    if (progress.targets == shown_ || now - last_ < (terminal ? 200ms : 15s)) return;
    last_ = now;
    shown_ = progress.targets;
    const auto text =
        progress.expected > progress.targets
            ? fmt::format("{} of about {} targets", progress.targets, progress.expected)
            : fmt::format("{} targets", progress.targets);
    if (terminal)
      fmt::print(stderr, "\r\033[Kbioscope: {}", text);
    else
      fmt::print(stderr, "bioscope: {}\n", text);
    open_ = terminal;
  }

  // What is printed next begins a line.
  void end() {
    if (open_) fmt::print(stderr, "\r\033[K");
    open_ = false;
  }

 private:
  std::chrono::steady_clock::time_point last_{std::chrono::steady_clock::now()};
  std::size_t shown_ = 0;
  bool open_ = false;
};

Result<int> build(const BuildLine& line, const Context& context) {
  BSC_TRY(hold_cache());
  Meter meter;
  const auto began = std::chrono::steady_clock::now();
  auto outcome = kbuild::build(
      line.request,
      {.cache = cache(),
       .jobs = line.jobs,
       .stop = context.interrupted,
       .say =
           [&meter](std::string_view text) {
             meter.end();
             fmt::print(stderr, "bioscope: {}\n", text);
           },
       .progress = [&meter](const kbuild::Progress& progress) { meter.show(progress); }});
  meter.end();
  if (!outcome) return std::unexpected(std::move(outcome).error());
  if (!outcome->broken.empty()) {
    fmt::print(stderr, "{}\nbioscope: the source does not compile; all that make said is in {}\n",
               outcome->broken, outcome->log.string());
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (outcome->reused)
    fmt::print("built:{} (as it was built before)\n", outcome->name);
  else
    fmt::print("built:{} ({} targets, {:.1f} s)\n", outcome->name, outcome->targets, took.count());
  return 0;
}

nlohmann::json to_json(const kernel::Named& named) {
  const auto& [name, kernel] = named;
  return {{"name", name},
          {"release", kernel.release},
          {"digest", kernel.digest},
          {"build_id", kernel.build_id},
          {"source", kernel.origin->source},
          {"version", kernel.origin->version},
          {"variant", kernel.origin->variant},
          {"series", kernel.origin->series},
          {"patches", kernel.origin->patches},
          {"config", kernel.origin->config}};
}

Result<int> list(const std::string& json) {
  const auto all = kernel::list_built(cache());
  if (json.empty()) {
    if (all.empty())
      fmt::print("no kernel was built yet: bioscope kernel build --source debian:6.1\n");
    for (const auto& [name, kernel] : all)
      fmt::print("{:<24} {:<28} {:<12} {} patch{}\n", name, kernel.origin->source,
                 kernel.origin->variant, kernel.origin->patches.size(),
                 kernel.origin->patches.size() == 1 ? "" : "es");
    return 0;
  }
  auto kernels = nlohmann::json::array();
  for (const auto& named : all) kernels.push_back(to_json(named));
  const auto text = nlohmann::json{{"schema", 1}, {"kernels", kernels}}.dump(2) + "\n";
  BSC_TRY(json == "-" ? write_all(STDOUT_FILENO, text) : write_file(json, text));
  return 0;
}

Result<int> remove(const std::vector<std::string>& names) {
  for (std::string_view name : names) {
    if (name.starts_with("built:")) name.remove_prefix(6);
    BSC_TRY(kernel::remove_built(name, cache()));
  }
  return 0;
}

void add_build(CLI::App& verb, const Context& context, Action& action) {
  const auto line = std::make_shared<BuildLine>();
  auto& request = line->request;
  CLI::App* build_verb = verb.add_subcommand("build", "build a kernel from source and a series");
  build_verb
      ->add_option("--source", request.source,
                   "debian:6.1 | debian:6.12 | tree:PATH[@REV] | tar:FILE")
      ->required();
  build_verb->add_option("--series", request.series,
                         "patches: quilt or format-patch directory, mbox, patch, git:REV1..REV2");
  build_verb->add_option("--config", request.fragments,
                         "fragment of configuration, on top of ours");
  build_verb->add_option("--name", request.name, "what the kernel is called: built:NAME");
  build_verb->add_flag("--kasan", request.variant.kasan, "find accesses to freed memory");
  build_verb->add_flag("--lockdep", request.variant.lockdep, "find locks that may deadlock");
  build_verb->add_flag("--kcsan", request.variant.kcsan, "find data races");
  build_verb->add_flag("--observable", request.variant.observable,
                       "keep static functions visible to probes");
  build_verb->add_option("--jobs", line->jobs, "compilers at a time")->check(CLI::Range(1u, 1024u));
  build_verb->callback(
      [=, &context, &action] { action = [line, &context] { return build(*line, context); }; });
}

}  // namespace

void add_kernel(CLI::App& app, const Context& context, Action& action) {
  CLI::App* verb = app.add_subcommand("kernel", "build kernels from source, list and remove them");
  verb->require_subcommand(1);
  add_build(*verb, context, action);
  const auto json = std::make_shared<std::string>();
  CLI::App* list_verb = verb->add_subcommand("list", "show the kernels that were built");
  list_verb->add_option("--json", *json, "write them as JSON (- is standard output)");
  list_verb->callback([=, &action] { action = [json] { return list(*json); }; });
  const auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* remove_verb = verb->add_subcommand("rm", "remove kernels that were built");
  remove_verb->add_option("name", *names, "their names")->required();
  remove_verb->callback([=, &action] { action = [names] { return remove(*names); }; });
}

}  // namespace bioscope::cli
