// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <signal.h>

#include "harness/base/check.h"
#include "harness/base/file.h"
#include "harness/process/launch.h"
#include "harness/process/process.h"

namespace bioscope::process {

struct Child::State {
  Launched launched;
  std::optional<int> code{};

  explicit State(Launched started) : launched(std::move(started)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (code) return;
    ::kill(launched.pid, SIGTERM);
    ::kill(-launched.pid, SIGCONT);
    if (!process::ends_within(launched, 2000)) ::kill(-launched.pid, SIGKILL);
    wait_ended(launched);
  }
};

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

Result<Child> Child::start(const ChildCommand& command) {
  BSC_TRY_ASSIGN(const Fd input, open_file("/dev/null", O_RDONLY));
  Fd output;
  if (!command.output.empty()) {
    BSC_TRY_ASSIGN(output, open_file(command.output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND));
  }
  BSC_TRY_ASSIGN(
      Launched launched,
      launch({.argv = command.argv,
              .environment = command.environment,
              .streams = {input.get(), output ? output.get() : 1, output ? output.get() : 2},
              .inherit = command.inherit}));
  return Child(std::make_unique<State>(std::move(launched)));
}

int Child::pid() const { return state_->launched.pid; }

std::optional<int> Child::poll() {
  if (!state_->code && process::ends_within(state_->launched, 0)) wait();
  return state_->code;
}

bool Child::ends_within(std::chrono::milliseconds time) {
  return state_->code || process::ends_within(state_->launched, static_cast<int>(time.count()));
}

int Child::wait() {
  if (!state_->code) state_->code = wait_ended(state_->launched).code;
  return *state_->code;
}

void Child::signal(int number) {
  if (!state_->code) ::kill(state_->launched.pid, number);
}

void Child::hold() {
  if (!state_->code) ::kill(-state_->launched.pid, SIGSTOP);
}

void Child::go_on() {
  if (!state_->code) ::kill(-state_->launched.pid, SIGCONT);
}

}  // namespace bioscope::process
