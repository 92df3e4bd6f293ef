// SPDX-License-Identifier: GPL-2.0-only
// Child processes: run one to its end and take what it printed, or start one and talk to it. Owns
// Boost.Process; no other folder starts a program on the host. Children die with their Child.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope::process {

struct Command {
  std::vector<std::string> argv{};  // argv[0] is looked up in PATH unless it has a slash
  std::map<std::string, std::string> environment{};  // added to ours; an empty value removes
  std::filesystem::path directory{};                 // empty: ours
  std::string input{};                               // its standard input, then end of file
  std::filesystem::path output{};  // both streams go to this file instead of into Exit
  std::optional<std::chrono::milliseconds> deadline{};  // then SIGTERM, and SIGKILL 2 s later
};

struct Exit {
  int code = 0;    // exit status, or 128 + signal
  int signal = 0;  // 0 unless killed by one
  bool timed_out = false;
  std::string out;
  std::string err;

  bool ok() const { return code == 0 && !timed_out; }
};

// Runs to the end, and ends what the program left behind in its process group. An error only if
// the program could not be started (it names argv[0]).
Result<Exit> run(const Command& command);

// As run, and a non-zero end is a host error with the command and the last line of its stderr.
Result<std::string> run_checked(const Command& command);

// The absolute path of a program in PATH (plus /usr/sbin and /sbin), if it is there.
std::optional<std::filesystem::path> find_program(std::string_view name);

// A word as a shell reads it back.
std::string shell_quoted(const std::string& word);

struct ChildCommand {
  std::vector<std::string> argv{};
  std::map<std::string, std::string> environment{};
  std::vector<int> inherit{};      // descriptors that stay open in the child, same numbers
  std::filesystem::path output{};  // stdout and stderr; empty: ours
};

// A long-lived child that leads a process group. The destructor kills it (SIGTERM, 2 s, SIGKILL)
// and reaps it. It also gets SIGKILL when the thread that started it ends, which it may change by
// prctl(PR_SET_PDEATHSIG). Its standard input is empty.
class Child {
 public:
  static Result<Child> start(const ChildCommand& command);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  int pid() const;
  // The exit code as in Exit once it has ended, nothing while it runs.
  std::optional<int> poll();
  bool ends_within(std::chrono::milliseconds time);
  int wait();
  void signal(int number);
  // The whole group stands still, until it is told to go on.
  void hold();
  void go_on();

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bioscope::process
