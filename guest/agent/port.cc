// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/port.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>

#include <array>
#include <filesystem>
#include <thread>

#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

constexpr char kPorts[] = "/sys/class/virtio-ports";
constexpr std::chrono::milliseconds kRetry{2};
constexpr std::chrono::milliseconds kHangUpPause{20};  // poll returns at once while nobody listens

std::string device_named(std::string_view name) {
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(kPorts, missing)) {
    const auto attribute = read_file(entry.path() / "name");
    if (attribute && std::string_view(*attribute).substr(0, attribute->find('\n')) == name)
      return "/dev/" + entry.path().filename().string();
  }
  return {};
}

}  // namespace

Result<Port> Port::open(const char* name, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (const auto device = device_named(name); !device.empty())
      if (Fd fd(::open(device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)); fd)
        return Port(std::move(fd));
    if (std::chrono::steady_clock::now() >= deadline)
      return guest_error("the machine has no virtio-serial port {}", name);
    std::this_thread::sleep_for(kRetry);
  }
}

Status Port::write(std::string_view bytes) {
  const std::scoped_lock lock(writing_);
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_.get(), bytes.data(), bytes.size());
    if (put > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
    } else if (put == 0 || errno == EAGAIN) {
      pollfd wait{fd_.get(), POLLOUT, 0};
      ::poll(&wait, 1, -1);
      if ((wait.revents & POLLHUP) != 0) std::this_thread::sleep_for(kHangUpPause);
    } else if (errno != EINTR) {
      return guest_error("cannot write to the host: {}", std::strerror(errno));
    }
  }
  return {};
}

bool Port::peer_listens() const {
  pollfd look{fd_.get(), POLLOUT, 0};
  return ::poll(&look, 1, 0) >= 0 && (look.revents & POLLHUP) == 0;
}

Result<std::string> Port::read(std::chrono::milliseconds limit) {
  pollfd wait{fd_.get(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return std::string();
  if ((wait.revents & POLLHUP) != 0) {
    std::this_thread::sleep_for(kHangUpPause);
    return std::string();
  }
  std::array<char, 16384> bytes;
  const ssize_t got = ::read(fd_.get(), bytes.data(), bytes.size());
  if (got >= 0) return std::string(bytes.data(), static_cast<std::size_t>(got));
  if (errno == EAGAIN || errno == EINTR) return std::string();
  return guest_error("cannot read from the host: {}", std::strerror(errno));
}

}  // namespace bioscope::agent
