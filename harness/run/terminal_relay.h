// SPDX-License-Identifier: GPL-2.0-only
// TerminalRelay: joins the user's terminal with a guest's serial console for as long as it lives.
// What is typed goes to the guest as it is, Ctrl-C too; standard input need not be a terminal.
#pragma once

#include <termios.h>

#include <filesystem>
#include <optional>
#include <thread>

namespace bioscope::run {

class TerminalRelay {
 public:
  // `socket` is the console's. One that cannot be reached relays nothing.
  explicit TerminalRelay(std::filesystem::path socket);
  TerminalRelay(const TerminalRelay&) = delete;
  TerminalRelay& operator=(const TerminalRelay&) = delete;
  ~TerminalRelay();  // gives the terminal back

 private:
  std::optional<termios> before_{};
  std::jthread relaying_{};
};

}  // namespace bioscope::run
