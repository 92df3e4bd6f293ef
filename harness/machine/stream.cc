// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/stream.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "harness/base/check.h"
#include "harness/base/file.h"

namespace bioscope::machine {
namespace {

// At most one piece; `ended` if the stream has.
std::string read_piece(int fd, bool& ended) {
  char piece[64 * 1024];
  ssize_t got = 0;
  do {
    got = ::read(fd, piece, sizeof piece);
  } while (got < 0 && errno == EINTR);
  ended = got == 0 || (got < 0 && errno != EAGAIN);
  return {piece, got > 0 ? static_cast<std::size_t>(got) : 0};
}

}  // namespace

Status ChannelSocket::connect(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return usage_error("{} is too long for a socket; give a shorter directory", path.string());
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return os_error(errno, "cannot make a socket");
  int result = 0;
  do {
    result = ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return os_error(errno, "cannot connect to {}", path.string());
  BSC_CHECK(::fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0);
  fd_ = std::move(fd);
  return {};
}

std::string ChannelSocket::read() {
  bool ended = false;
  auto bytes = read_piece(fd_.get(), ended);
  if (ended) fd_.reset();
  return bytes;
}

void ChannelSocket::write(std::string_view bytes) {
  if (!open()) return;
  unsent_ += bytes;
  while (!unsent_.empty()) {
    const ssize_t put = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      // Reading will tell that the other side has gone.
      if (errno != EAGAIN) unsent_.clear();
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(put));
  }
}

Status ConsoleFile::open(const std::filesystem::path& path) {
  BSC_TRY_ASSIGN(file_, open_file(path, O_RDONLY | O_CREAT | O_TRUNC));
  watch_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch_ || ::inotify_add_watch(watch_.get(), path.c_str(), IN_MODIFY) < 0)
    return os_error(errno, "cannot watch {}", path.string());
  return {};
}

std::string ConsoleFile::read() {
  alignas(inotify_event) char events[4096];
  while (::read(watch_.get(), events, sizeof events) > 0) {}
  bool ended = false;
  auto bytes = read_piece(file_.get(), ended);
  more_ = !ended;
  return bytes;
}

}  // namespace bioscope::machine
