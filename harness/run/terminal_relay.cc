// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/terminal_relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/file.h"

namespace bioscope::run {
namespace {

constexpr std::string_view kPrompt = "# ";  // of root's shell
constexpr int kLookMilliseconds = 100;      // between looks at whether it is over

Fd connect_to(const std::filesystem::path& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const auto text = path.native();
  if (text.size() >= sizeof name.sun_path) return {};
  std::memcpy(name.sun_path, text.data(), text.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0)
    return {};
  return socket;
}

// What it passed on; nothing at its end.
std::string pass_on(int from, int to) {
  std::string bytes(4096, '\0');
  const ssize_t got = ::read(from, bytes.data(), bytes.size());
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return write_all(to, bytes) ? bytes : std::string();
}

void relay(const std::stop_token& stop, const std::filesystem::path& path) {
  const Fd console = connect_to(path);
  if (!console) return;
  // A shell throws away what was typed before its prompt, and while it still sets up its terminal.
  std::string heard;  // a serial line brings it byte by byte
  bool prompted = false;
  bool listens = false;
  bool typed = true;
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> wait{
        {{console.get(), POLLIN, 0}, {listens && typed ? STDIN_FILENO : -1, POLLIN, 0}}};
    const int ready = ::poll(wait.data(), wait.size(), kLookMilliseconds);
    listens = listens || (prompted && ready == 0);
    if (ready <= 0) continue;
    if (wait[0].revents != 0) {
      const auto said = pass_on(console.get(), STDOUT_FILENO);
      if (said.empty()) return;
      heard += said;
      prompted = prompted || heard.find(kPrompt) != std::string::npos;
      heard.erase(0, heard.size() - std::min(heard.size(), kPrompt.size()));
    }
    if (wait[1].revents != 0) typed = !pass_on(STDIN_FILENO, console.get()).empty();
  }
  // The last words are on their way.
  pollfd rest{console.get(), POLLIN, 0};
  while (::poll(&rest, 1, kLookMilliseconds) > 0 && !pass_on(console.get(), STDOUT_FILENO).empty())
    continue;
}

}  // namespace

TerminalRelay::TerminalRelay(std::filesystem::path socket) {
  termios settings{};
  if (::tcgetattr(STDIN_FILENO, &settings) == 0) {
    before_ = settings;
    ::cfmakeraw(&settings);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  }
  relaying_ = std::jthread(
      [socket = std::move(socket)](const std::stop_token& stop) { relay(stop, socket); });
}

TerminalRelay::~TerminalRelay() {
  relaying_.request_stop();
  relaying_.join();
  if (before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

}  // namespace bioscope::run
