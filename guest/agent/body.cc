// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/body.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>

#include <fmt/ranges.h>

#include "guest/agent/child.h"
#include "guest/agent/surroundings.h"
#include "guest/agent/system.h"
#include "harness/base/check.h"

namespace bioscope::agent {
namespace {

constexpr std::size_t kMaxText = 16 << 10;
constexpr std::size_t kMaxMessage = 8 * kMaxText;  // JSON may take six bytes for one
constexpr unsigned kMaxAssertions = 100;

// Whole messages between the child and the agent.
void send_message(int socket, const std::string& json) {
  static_cast<void>(::send(socket, json.data(), json.size(), MSG_NOSIGNAL));
}

std::optional<std::string> receive_message(int socket, int flags) {
  std::string bytes(kMaxMessage, '\0');
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), flags);
  if (got <= 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

// ---- in the child ----

void say_to_agent(int socket, const wire::ToHost& message) {
  send_message(socket, wire::to_json(message));
}

class ChildHost final : public scenario::Host {
 public:
  ChildHost(int socket, std::uint32_t trial, const BodyContext& context)
      : socket_(socket), trial_(trial), context_(context) {}

  // A mark that finds no room is a counted loss, which the host will see.
  void mark(std::uint32_t kind, std::uint64_t arg, std::string_view label) override {
    static_cast<void>(context_.loader.mark(kind, trial_, arg, label));
  }
  void disk(std::uint32_t dev, std::uint64_t sectors, std::string_view name) override {
    static_cast<void>(context_.loader.disk(dev, sectors, name));
  }
  void cgroup(std::string_view name, std::uint32_t descendants, std::uint32_t dying) override {
    static_cast<void>(context_.loader.cgroup(name, descendants, dying));
  }
  void io(const bsc_event_io_call& call) override { static_cast<void>(context_.loader.io(call)); }
  void io(const bsc_event_io_return& returned) override {
    static_cast<void>(context_.loader.io(returned));
  }
  void io(const bsc_event_io_seen& seen) override { static_cast<void>(context_.loader.io(seen)); }

  Status act(std::string_view action, std::string_view argument) override {
    const std::scoped_lock lock(acting_);
    const wire::HostAction asked{++last_action_, std::string(action), std::string(argument)};
    say_to_agent(socket_, asked);
    for (;;) {
      const auto json = receive_message(socket_, 0);
      if (!json) return guest_error("the agent is gone");
      BSC_TRY_ASSIGN(const auto message, wire::parse_to_guest(*json));
      const auto* done = std::get_if<wire::HostActionDone>(&message);
      if (done == nullptr || done->id != asked.id) continue;
      if (done->ok) return {};
      return guest_error("the host could not {} {}: {}", action, argument, done->what);
    }
  }

  Status load_module(std::string_view name) override {
    const auto loaded = context_.modules.load(name);
    say_to_agent(socket_,
                 wire::ModuleLoaded{.name = std::string(name),
                                    .cause = "needs",
                                    .ok = loaded.has_value(),
                                    .what = loaded ? fmt::format("{}", fmt::join(*loaded, " "))
                                                   : loaded.error().what});
    if (!loaded) return std::unexpected(loaded.error());
    return {};
  }

  std::vector<std::string> disks_of_modules() override {
    auto disks = list_disks("/");
    std::erase_if(disks, [&](const std::string& name) {
      return std::ranges::find(context_.disks_before, name) != context_.disks_before.end();
    });
    return disks;
  }

  void progress() override { context_.progress.fetch_add(1, std::memory_order_relaxed); }

 private:
  int socket_;
  std::uint32_t trial_;
  const BodyContext& context_;
  std::mutex acting_;
  std::uint32_t last_action_ = 0;
};

// GoogleTest calls it under its own lock, from whichever thread asserts.
class Claims final : public ::testing::EmptyTestEventListener {
 public:
  explicit Claims(int socket) : socket_(socket) {}

  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (part.skipped()) {
      skipped_ = part.summary();
    } else if (part.failed() && ++count_ <= kMaxAssertions) {
      const char* file = part.file_name();
      std::string summary = std::string(part.summary()).substr(0, kMaxText);
      if (count_ == kMaxAssertions) summary += "\n(assertions that fail later are not reported)";
      say_to_agent(socket_, wire::Assertion{
                                .file = file != nullptr ? file : "",
                                .line = static_cast<std::uint32_t>(std::max(part.line_number(), 0)),
                                .summary = summary,
                                .fatal = part.fatally_failed()});
    }
  }

  const std::optional<std::string>& skipped() const { return skipped_; }

 private:
  int socket_;
  unsigned count_ = 0;
  std::optional<std::string> skipped_;
};

class BodyTest final : public ::testing::Test {
 public:
  BodyTest(const scenario::Scenario& scenario, scenario::Host& host, const wire::Start& start,
           std::optional<std::string>& setup_failure)
      : scenario_(scenario), host_(host), start_(start), setup_failure_(setup_failure) {}

  void TestBody() override {
    scenario::Workload workload(host_, start_.seed, start_.long_form);
    try {
      scenario_.body(workload);
    } catch (const scenario::SetupFailed& failure) {
      setup_failure_ = failure.what;
    } catch (const std::exception& failure) {
      setup_failure_ = fmt::format("the scenario threw: {}", failure.what());
    }
    workload.finish();
  }

 private:
  const scenario::Scenario& scenario_;
  scenario::Host& host_;
  const wire::Start& start_;
  std::optional<std::string>& setup_failure_;
};

int child_main(const scenario::Scenario& scenario, const wire::Start& start,
               const BodyContext& context, int socket) {
  // What the library or an abort prints belongs into the kernel's log, beside the splats.
  ::dup2(kernel_log(), STDERR_FILENO);
  int argc = 1;
  char name[] = "bioscope";
  char* argv[] = {name, nullptr};
  ::testing::InitGoogleTest(&argc, argv);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto* claims = new Claims(socket);
  listeners.Append(claims);

  ChildHost host(socket, start.trial, context);
  std::optional<std::string> setup_failure;
  ::testing::RegisterTest(scenario.suite.c_str(), scenario.property.c_str(), nullptr, nullptr,
                          scenario.file.c_str(), scenario.line, [&]() -> ::testing::Test* {
                            return new BodyTest(scenario, host, start, setup_failure);
                          });
  const bool passed = RUN_ALL_TESTS() == 0;

  wire::ScenarioEnd end;
  if (setup_failure) {
    end.outcome = "setup_failed";
    end.what = setup_failure->substr(0, kMaxText);
  } else if (!passed) {
    end.outcome = "failed";
  } else if (claims->skipped()) {
    end.outcome = "skipped";
    end.unmet = {*claims->skipped()};
  } else {
    end.outcome = "passed";
  }
  say_to_agent(socket, end);
  return 0;
}

// ---- in the agent ----

// Passes on what the child has said. Its end stays here, until the child is really gone.
void hear_child(int socket, Control& control, std::optional<wire::ScenarioEnd>& end) {
  while (const auto json = receive_message(socket, MSG_DONTWAIT)) {
    const auto message = wire::parse_to_host(*json);
    if (!message)
      control.send(wire::Log{message.error().what});
    else if (const auto* said = std::get_if<wire::ScenarioEnd>(&*message))
      end = *said;
    else
      control.send(*message);
  }
}

}  // namespace

wire::ScenarioEnd run_body(const scenario::Scenario& scenario, const wire::Start& start,
                           const BodyContext& context) {
  const auto begun = uptime_ns();
  const auto broken = [](std::string what) {
    return wire::ScenarioEnd{.outcome = "setup_failed", .what = std::move(what)};
  };
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return broken(fmt::format("cannot talk to a child: {}", std::strerror(errno)));
  const Fd ours(pair[0]);
  Fd theirs(pair[1]);
  context.control.on_answer([socket = ours.get()](const wire::HostActionDone& done) {
    send_message(socket, wire::to_json(wire::ToGuest(done)));
  });
  auto child = Child::start([&] { return child_main(scenario, start, context, theirs.get()); });
  theirs.reset();
  if (!child) return broken(child.error().what);

  std::optional<wire::ScenarioEnd> end;
  std::optional<Ending> ending;
  while (!ending) {
    std::array<pollfd, 2> wait{{{ours.get(), POLLIN, 0}, {child->descriptor(), POLLIN, 0}}};
    ::poll(wait.data(), wait.size(), -1);
    ending = child->reap();
    hear_child(ours.get(), context.control, end);
  }
  context.control.on_answer(nullptr);

  if (!end) {
    end = wire::ScenarioEnd{
        .outcome = "died",
        .status = ending->signal,
        .what = fmt::format("the scenario's process {} before its body was over", ending->text())};
  }
  end->run_ns = uptime_ns() - begun;
  return *end;
}

}  // namespace bioscope::agent
