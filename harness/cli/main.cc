// SPDX-License-Identifier: GPL-2.0-only
// bioscope: reads the command line and runs one verb. Exit codes are those of docs/verdicts.md:
// 2 for usage, 69 for the host's faults, 130 after an interrupt.
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <thread>

#include <fmt/core.h>

#include "bioscope_version.h"
#include "harness/cli/verb.h"
#include "harness/machine/guardian.h"
#include "harness/run/worker.h"

namespace {

constexpr int kHostCode = 69;
constexpr int kBrokenPipeCode = 128 + SIGPIPE;

using namespace bioscope;

// Turns SIGINT, SIGTERM and SIGHUP into a stop request; a second one ends the program at once,
// which takes the guests with it.
class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&signals_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, number);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::thread([this] {
      int number = 0;
      sigwait(&signals_, &number);
      source_.request_stop();
      fmt::print(stderr, "bioscope: interrupted; ending the guests (again to give up at once)\n");
      sigwait(&signals_, &number);
      _exit(130);
    }).detach();
  }

  std::stop_token token() const { return source_.get_token(); }
  bool happened() const { return source_.stop_requested(); }

 private:
  sigset_t signals_{};
  std::stop_source source_;
};

int complain(const Error& error) {
  fmt::print(stderr, "bioscope: {}\n", error.text());
  return error.blame == Blame::kUsage ? 2 : kHostCode;
}

// One line that names the thing and the way out.
std::string explain(const CLI::App* app, const CLI::Error& error) {
  std::string verb = "bioscope";
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
    verb += " " + app->get_name();
  }
  const auto unknown = app->remaining();
  const bool wanted = app->get_require_subcommand_min() > 0;
  std::string what = wanted && unknown.empty() ? "a verb is needed"
                     : wanted                  ? fmt::format("there is no verb {}", unknown.front())
                                               : error.what();
  return fmt::format("bioscope: {}; `{} --help` lists what there is\n", what, verb);
}

}  // namespace

int main(int argc, char** argv) {
  // Hidden verbs by which the program starts itself again; they must not meet the parser.
  if (argc > 1 && std::string_view(argv[1]) == machine::kGuardVerb)
    return machine::guard_main(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == run::kWorkerVerb)
    return run::worker_main(argc - 1, argv + 1);

  std::signal(SIGPIPE, SIG_IGN);
  static Interrupt interrupt;
  CLI::App app("Kernel-patch validation and fault injection for the block layer", "bioscope");
  app.set_version_flag("--version", fmt::format("bioscope {}", kVersion));
  app.require_subcommand(1);
  app.failure_message(explain);
  const cli::Context context{.command = {argv, argv + argc}, .interrupted = interrupt.token()};
  cli::Action action;
  cli::add_doctor(app, context, action);
  cli::add_kernel(app, context, action);
  cli::add_cache(app, context, action);
  cli::add_list(app, context, action);
  cli::add_run(app, context, action);
  cli::add_replay(app, context, action);
  cli::add_judge(app, context, action);
  cli::add_exec(app, context, action);
  cli::add_compare(app, context, action);
  cli::add_series(app, context, action);
  cli::add_bisect(app, context, action);
  cli::add_mutants(app, context, action);
  cli::add_nvdimm(app, context, action);
  cli::add_report(app, context, action);
  cli::add_trace(app, context, action);
  cli::add_completion(app, context, action);
  cli::add_manpage(app, context, action);
  if (argc > 1 && std::string_view(argv[1]) == cli::kCompleteVerb) {
    for (const auto& word : cli::candidates(app, {argv + 2, argv + argc})) fmt::print("{}\n", word);
    return 0;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const Result<int> code = action();
    if (interrupt.happened()) return 130;
    return code ? *code : complain(code.error());
  } catch (const std::system_error& error) {
    // Whoever reads what we print has had enough of it, as `| head` has.
    if (error.code() == std::errc::broken_pipe) std::_Exit(kBrokenPipeCode);
    fmt::print(stderr, "bioscope: cannot write: {}\n", error.code().message());
    std::_Exit(kHostCode);
  }
}
