// SPDX-License-Identifier: GPL-2.0-only
// Scenarios: the declaration on top of a workload, and the registry that the agent describes and
// runs. A body is a GoogleTest test: EXPECT_* and ASSERT_* are claims about the kernel, a failing
// BSC_SETUP is the guest's set-up (INFRA). Suites include this; so does the agent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <bioscope/event.h>

#include "guest/wire/fault.h"
#include "harness/base/result.h"

namespace bioscope::scenario {

// What the host must know before boot. `agent --describe` prints it.
struct Declaration {
  std::string summary{};  // one line: the property, not the procedure
  // "module:NAME", "tool:PROGRAM", "cpus:N", "memory:MIB", "nvdimm:MIB" (one each), "disk:MIB"
  // (a virtio-blk disk each), "config:SYMBOL", "option:NAME" (of `run`: without it no glob chooses
  // the scenario). Unmet needs are a SKIP, all listed.
  std::vector<std::string> needs{};
  std::vector<std::string> probes{};   // groups: "bio", "dm"
  std::vector<std::string> oracles{};  // console_clean is always judged
  std::vector<std::string> witness{};  // names of event patterns that must occur
  std::vector<std::string> boot{};     // kernel arguments: "preempt=full"
  // Those that are `planned` are armed in every run and must fire; among the others random plans
  // choose. docs/faults.md.
  std::vector<wire::Fault> faults{};
  std::uint32_t ring_bytes = 0;       // 0: the default
  std::uint32_t budget_seconds = 20;  // scenario clock on an unloaded machine with KVM
  // The same of the long form (`run --long`, Workload::at_length); 0: there is none.
  std::uint32_t long_budget_seconds = 0;
  // Its trials may follow each other in one boot, as long as none leaves anything behind.
  bool shares_boot = false;
  std::string expect{};          // meta suites: the verdict they must receive, "FAIL"
  std::string expect_finding{};  // meta suites: the finding's oracle or kind, "splat:oops"
};

// What the agent offers to a running scenario.
class Host {
 public:
  virtual ~Host() = default;
  // Writes a mark into the ring, in one order with the kernel's events.
  virtual void mark(std::uint32_t kind, std::uint64_t arg, std::string_view label) = 0;
  // Records a disk's name (event snapshot_disk).
  virtual void disk(std::uint32_t dev, std::uint64_t sectors, std::string_view name) = 0;
  // Records how many groups are below one (event snapshot_cgroup); the root has no name.
  virtual void cgroup(std::string_view name, std::uint32_t descendants, std::uint32_t dying) = 0;
  // A call on a disk that the workload makes, its end, and what it read (CachedDisk does it).
  virtual void io(const bsc_event_io_call& call) = 0;
  virtual void io(const bsc_event_io_return& returned) = 0;
  virtual void io(const bsc_event_io_seen& seen) = 0;
  // Asks the host to act and waits for its answer; "kill" never answers.
  virtual Status act(std::string_view action, std::string_view argument) = 0;
  // Loads a module that the image holds; nothing if it is loaded or built in. The name may be
  // followed by parameters, "brd rd_nr=2", which count only if this loads it.
  virtual Status load_module(std::string_view name) = 0;
  // Names of the disks that came since the user's own modules began to load, in no order.
  virtual std::vector<std::string> disks_of_modules() = 0;
  // Tells the heartbeat that the workload got on. Any thread, cheap.
  virtual void progress() = 0;
};

// Given to every body. Cleanups run in reverse order when the body is over, whatever its end; a
// cleanup that fails is a claim about the kernel unless it says otherwise.
class Workload {
 public:
  Workload(Host& host, std::uint64_t seed, bool long_form = false);
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  ~Workload();

  Host& host() { return host_; }
  std::uint64_t seed() const { return seed_; }
  // How much of something the scenario does: in the form that fits `make test`, or at length.
  template <class T>
  T at_length(T short_form, T long_form) const {
    return long_form_ ? long_form : short_form;
  }
  unsigned cpus() const { return static_cast<unsigned>(cpus_.size()); }
  void step(std::string_view label);  // a BSC_MARK_STEP, and progress
  void cleanup(std::function<void()> action);
  void finish();  // runs the cleanups now; the destructor does the same

  // Runs body(cpu) on one thread per vCPU, pinned; all start together; joins them.
  void on_every_cpu(const std::function<void(unsigned cpu)>& body);

 private:
  Host& host_;
  std::uint64_t seed_;
  bool long_form_;
  std::vector<unsigned> cpus_;  // that the first thread may run on
  std::vector<std::function<void()>> cleanups_;
};

struct Scenario {
  std::string suite;
  std::string property;
  std::string file;  // of the declaration, for people
  int line = 0;
  Declaration declaration;
  void (*body)(Workload&) = nullptr;

  std::string name() const { return suite + "/" + property; }
};

// All scenarios linked into the agent, by name.
const std::vector<Scenario>& all();
const Scenario* find(std::string_view name);

// Thrown by BSC_SETUP, caught by whoever runs the body; never crosses the agent.
struct SetupFailed {
  std::string what;
};

namespace detail {
bool add(Scenario scenario);
[[noreturn]] void setup_failed(const char* expression, const Error& error);
}  // namespace detail

}  // namespace bioscope::scenario

#define BSC_SCENARIO(suite_name, property_name, ...)                                              \
  namespace bioscope_suite_##suite_name {                                                         \
    static void property_name##_body(::bioscope::scenario::Workload& w);                          \
    [[maybe_unused]] static const bool property_name##_added = ::bioscope::scenario::detail::add( \
        {#suite_name, #property_name, __FILE__, __LINE__,                                         \
         ::bioscope::scenario::Declaration{__VA_ARGS__}, property_name##_body});                  \
  }                                                                                               \
  static void bioscope_suite_##suite_name::property_name##_body(                                  \
      [[maybe_unused]] ::bioscope::scenario::Workload& w)

// A Result that must hold for the scenario to mean anything; yields its value.
#define BSC_SETUP(expression) (::bioscope::scenario::detail::required((expression), #expression))

namespace bioscope::scenario::detail {
template <class T>
T required(Result<T> result, const char* expression) {
  if (!result) setup_failed(expression, result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace bioscope::scenario::detail
