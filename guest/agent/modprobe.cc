// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/modprobe.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include <fmt/ranges.h>

#include "guest/agent/layout.h"
#include "guest/agent/modules.h"
#include "guest/agent/system.h"
#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

constexpr std::string_view kSocket("\0bioscope-modprobe", 18);  // abstract: needs no file system
constexpr char kHelperSetting[] = "/proc/sys/kernel/modprobe";
constexpr std::size_t kMaxReport = 16384;

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

Address address() {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::memcpy(address.name.sun_path, kSocket.data(), kSocket.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + kSocket.size());
  return address;
}

void report(const wire::ModuleLoaded& loaded) {
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A kernel thread waits for this process: rather lose the report than stay.
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const auto to = address();
  const std::string text = wire::to_json(loaded);
  ::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to.name),
           to.size);
}

}  // namespace

Status serve_module_requests(std::function<void(const wire::ModuleLoaded&)> heard) {
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto at = address();
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at.name), at.size) != 0)
    return guest_error("cannot listen for module requests: {}", std::strerror(errno));
  std::thread([socket = std::move(socket), heard = std::move(heard)] {
    std::array<char, kMaxReport> bytes;
    for (;;) {
      const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) continue;
      const auto message = wire::parse_to_host({bytes.data(), static_cast<std::size_t>(got)});
      if (!message) continue;
      if (const auto* loaded = std::get_if<wire::ModuleLoaded>(&*message)) heard(*loaded);
    }
  }).detach();

  for (const char* name : {kModprobe, kUsualModprobe}) {
    BSC_TRY(make_directories(std::filesystem::path(name).parent_path()));
    if (::symlink("/proc/1/exe", name) != 0 && errno != EEXIST)
      return guest_error("cannot make {}: {}", name, std::strerror(errno));
  }
  const Fd setting(::open(kHelperSetting, O_WRONLY | O_CLOEXEC));
  if (!setting) return guest_error("this kernel does not ask for modules");
  return within(kHelperSetting, write_all(setting.get(), kModprobe));
}

int modprobe_main(int argc, char** argv) {
  std::string request;  // NAME [PARAMETER...], after options, none of which matters here
  for (int i = 1; i < argc; ++i)
    if (argv[i][0] != '-') request += (request.empty() ? "" : " ") + std::string(argv[i]);
  wire::ModuleLoaded answer{.name = request, .cause = "request_module", .ok = false, .what = {}};
  auto loaded = [&]() -> Result<std::vector<std::string>> {
    BSC_TRY_ASSIGN(const auto modules, Modules::open());
    return modules.load(request);
  }();
  answer.ok = loaded.has_value();
  answer.what = loaded ? fmt::format("{}", fmt::join(*loaded, " ")) : loaded.error().what;
  report(answer);
  return answer.ok ? 0 : 1;
}

}  // namespace bioscope::agent
