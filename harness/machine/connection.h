// SPDX-License-Identifier: GPL-2.0-only
// Connection: an open libvirt connection of this process and the events of one domain. One event
// thread serves all connections and never ends; what it hears waits in a Mailbox until a Machine's
// own thread reads it. libvirt never prints: its words are in the errors that come out of here.
#pragma once

#include <libvirt/libvirt.h>
#include <sys/types.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/handle.h"
#include "harness/base/result.h"
#include "harness/machine/lifecycle.h"

namespace bioscope::machine {

using DomainHandle = Handle<virDomain, virDomainFree>;

// Lifecycles on their way from the event thread to a machine's thread.
class Mailbox {
 public:
  Mailbox();
  int fd() const { return event_.get(); }  // readable while something waits
  std::deque<Lifecycle> take();

  // Of the event thread: lets `read` feed the reader and keeps what comes of it.
  template <class Read>
  void post(Read read) {
    const std::lock_guard lock(mutex_);
    if (auto lifecycle = read(reader_)) deliver(std::move(*lifecycle));
  }

 private:
  void deliver(Lifecycle lifecycle);

  Fd event_;
  std::mutex mutex_;
  LifecycleReader reader_;
  std::deque<Lifecycle> waiting_;
};

class Connection {
 public:
  // A usage error says what is missing on this host or wrong with the URI. `log` takes libvirt's
  // own log; only the first connection of a process decides where that goes.
  static Result<Connection> open(const std::string& uri, const std::filesystem::path& log);
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // Events of every domain of this connection called `name`, from now on.
  Result<std::shared_ptr<Mailbox>> listen(const std::string& name);
  // Defines and starts. The domain goes with the connection if `bound`.
  Result<DomainHandle> create(const std::string& xml, bool bound);
  // Whether the driver can run a domain as a user of our choice.
  bool sets_users() const;
  virConnectPtr get() const { return handle_.get(); }

 private:
  explicit Connection(virConnectPtr handle) : handle_(handle) {}

  Handle<virConnect, virConnectClose> handle_;
  std::vector<int> callbacks_{};
  std::vector<int> monitor_callbacks_{};
};

std::string embedded_uri(const std::filesystem::path& root);

// "step: what libvirt last said on this thread".
std::unexpected<Error> libvirt_error(std::string_view step);

// Run by root, libvirt's QEMU driver looks for this user before it reads any configuration.
inline constexpr char kDriverUser[] = "libvirt-qemu";
Status check_driver_user(uid_t runner, const char* driver_user);

}  // namespace bioscope::machine
