// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/connection.h"

#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <pwd.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <cstdlib>
#include <pugixml.hpp>
#include <thread>

#include "harness/base/check.h"

namespace bioscope::machine {
namespace {

struct Listener {
  std::string name;
  std::shared_ptr<Mailbox> mailbox;

  bool concerns(virDomainPtr domain) const {
    const char* theirs = ::virDomainGetName(domain);
    return theirs != nullptr && name == theirs;
  }
};

void free_listener(void* opaque) { delete static_cast<Listener*>(opaque); }

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  const auto& listener = *static_cast<Listener*>(opaque);
  if (listener.concerns(domain))
    listener.mailbox->post([&](LifecycleReader& r) { return r.on_lifecycle(event, detail); });
  return 0;
}

void on_watchdog(virConnectPtr, virDomainPtr domain, int action, void* opaque) {
  const auto& listener = *static_cast<Listener*>(opaque);
  if (listener.concerns(domain))
    listener.mailbox->post([&](LifecycleReader& r) { return r.on_watchdog(action); });
}

void on_monitor(virConnectPtr, virDomainPtr domain, const char* event, long long, unsigned,
                const char* details, void* opaque) {
  const auto& listener = *static_cast<Listener*>(opaque);
  if (listener.concerns(domain))
    listener.mailbox->post(
        [&](LifecycleReader& r) { return r.on_monitor(event, details != nullptr ? details : ""); });
}

void on_close(virConnectPtr, int, void* opaque) {
  static_cast<Listener*>(opaque)->mailbox->post(
      [](LifecycleReader& r) { return r.on_disconnected(); });
}

// libvirt takes every callback as one type and calls it as what the event's number says it is.
template <class Callback>
virConnectDomainEventGenericCallback generic(Callback callback) {
  return reinterpret_cast<virConnectDomainEventGenericCallback>(
      reinterpret_cast<void (*)()>(callback));
}

void run_events() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (;;) BSC_CHECK(::virEventRunDefaultImpl() == 0);
}

// Once per process: libvirt takes its log's place from the environment when it initialises.
bool start_libvirt(const std::filesystem::path& log) {
  const bool plain = log.native().find(' ') == std::string::npos;
  ::setenv("LIBVIRT_LOG_OUTPUTS",
           fmt::format("3:file:{}", plain ? log.native() : "/dev/null").c_str(), 0);
  if (::virInitialize() != 0) return false;
  ::virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  if (::virEventRegisterDefaultImpl() != 0) return false;
  std::thread(run_events).detach();
  return true;
}

// What libvirt last said on this thread, on one line: it may hold several of QEMU's.
std::string last_message() {
  const char* const message = ::virGetLastErrorMessage();
  std::string text = message != nullptr ? message : "no reason given";
  text.erase(text.find_last_not_of('\n') + 1);
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at))
    text.replace(at, 1, "; ");
  return text;
}

bool is_embedded(std::string_view uri) { return uri.starts_with("qemu:///embed"); }

}  // namespace

Mailbox::Mailbox() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  BSC_CHECK(static_cast<bool>(event_));
}

void Mailbox::deliver(Lifecycle lifecycle) {
  waiting_.push_back(std::move(lifecycle));
  const std::uint64_t one = 1;
  BSC_CHECK(::write(event_.get(), &one, sizeof one) == sizeof one);
}

std::deque<Lifecycle> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  BSC_CHECK(::read(event_.get(), &count, sizeof count) == sizeof count || errno == EAGAIN);
  return std::exchange(waiting_, {});
}

std::unexpected<Error> libvirt_error(std::string_view step) {
  return host_error("{}: {}", step, last_message());
}

Status check_driver_user(uid_t runner, const char* driver_user) {
  if (runner != 0 || ::getpwnam(driver_user) != nullptr) return {};
  return usage_error(
      "there is no user '{}', without which libvirt's QEMU driver does not start as root; run "
      "'make setup', which creates it as Debian's libvirt-daemon-system does, or run as another "
      "user",
      driver_user);
}

std::string embedded_uri(const std::filesystem::path& root) {
  std::string uri = "qemu:///embed?root=";
  for (const char c : root.native()) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("/._-").find(c) != std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", byte);
  }
  return uri;
}

Result<Connection> Connection::open(const std::string& uri, const std::filesystem::path& log) {
  static const bool started = start_libvirt(log);
  if (!started) return libvirt_error("libvirt does not start");
  if (auto* const handle = ::virConnectOpen(uri.c_str())) return Connection(handle);
  if (!is_embedded(uri))
    return usage_error("cannot connect to {}: {}; start that libvirt, or leave the URI out", uri,
                       last_message());
  if (::virGetLastErrorCode() == VIR_ERR_NO_CONNECT)
    return usage_error(
        "libvirt has no QEMU driver here; run 'make setup', or install libvirt-daemon-driver-qemu");
  const auto failed = libvirt_error("cannot start libvirt's QEMU driver");
  BSC_TRY(check_driver_user(::geteuid(), kDriverUser));
  return failed;
}

Connection::~Connection() {
  if (!handle_) return;
  for (const int id : callbacks_) ::virConnectDomainEventDeregisterAny(get(), id);
  for (const int id : monitor_callbacks_) ::virConnectDomainQemuMonitorEventDeregister(get(), id);
  ::virConnectUnregisterCloseCallback(get(), on_close);
}

Result<std::shared_ptr<Mailbox>> Connection::listen(const std::string& name) {
  auto mailbox = std::make_shared<Mailbox>();
  // libvirt frees a listener that it has taken.
  const auto give = [&](auto take) {
    auto* const listener = new Listener{name, mailbox};
    const int taken = take(listener);
    if (taken < 0) delete listener;
    return taken;
  };
  for (const auto& [id, callback] :
       {std::pair(VIR_DOMAIN_EVENT_ID_LIFECYCLE, generic(on_lifecycle)),
        std::pair(VIR_DOMAIN_EVENT_ID_WATCHDOG, generic(on_watchdog))}) {
    const int taken = give([&](Listener* listener) {
      return ::virConnectDomainEventRegisterAny(get(), nullptr, id, callback, listener,
                                                free_listener);
    });
    if (taken < 0) return libvirt_error("cannot listen to the domain's events");
    callbacks_.push_back(taken);
  }

  // Other drivers than QEMU's have no monitor, and a driver in this process cannot be cut off.
  const int monitor = give([&](Listener* listener) {
    return ::virConnectDomainQemuMonitorEventRegister(
        get(), nullptr, kMonitorEvents, on_monitor, listener, free_listener,
        VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX);
  });
  if (monitor >= 0) monitor_callbacks_.push_back(monitor);
  give([&](Listener* listener) {
    return ::virConnectRegisterCloseCallback(get(), on_close, listener, free_listener);
  });
  ::virResetLastError();
  return mailbox;
}

bool Connection::sets_users() const {
  const std::unique_ptr<char, decltype(&std::free)> text(::virConnectGetCapabilities(get()),
                                                         std::free);
  pugi::xml_document document;
  return text && document.load_string(text.get()) &&
         document.select_node("capabilities/host/secmodel[model='dac']");
}

Result<DomainHandle> Connection::create(const std::string& xml, bool bound) {
  const unsigned flags = bound ? VIR_DOMAIN_START_AUTODESTROY : 0;
  DomainHandle domain(::virDomainCreateXML(get(), xml.c_str(), flags));
  if (!domain) return libvirt_error("create domain");
  return domain;
}

}  // namespace bioscope::machine
