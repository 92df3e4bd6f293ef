// SPDX-License-Identifier: GPL-2.0-only
// Loader: puts faults and probes into the kernel and takes the records out, in ring order. Sole
// user of libbpf. What cannot be attached is a reported fact, never an error. drain() and settle()
// belong to one thread; what writes records may be called by any, also in a forked child.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <bioscope/event.h>

#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::loader {

struct Options {
  std::vector<std::string> probes{};  // groups
  std::uint32_t ring_bytes = 0;       // 0: BSC_RING_BYTES, or less where there are only marks
  bool stacks = true;
  std::uint64_t bio_chain_endio = 0;  // its address; 0: unknown
  std::vector<wire::Fault> faults{};  // of the plan
  bool preemptible = false;           // tasks preempt each other within a probe: load the twins
};

// Every program of every group, with its hook, but for the twins of preemptible kernels; one that
// has flavours is there with each of its hooks. Asks nothing of the kernel.
Result<std::vector<wire::Program>> describe();

class Loader {
 public:
  // Takes whole records with their payloads, about 64 KiB at a time.
  using Sink = std::function<void(std::string_view records)>;

  // Loads and attaches. An error for options that cannot be: an unknown group, a ring that is no
  // power of two. A kernel that takes no BPF gives a loader without a ring.
  static Result<Loader> load(const Options& options);

  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;
  ~Loader();

  // One for each program of the wanted groups.
  const std::vector<wire::Program>& programs() const;
  // One for each fault of the plan.
  const std::vector<wire::FaultArmed>& faults() const;
  std::uint32_t ring_bytes() const;  // 0: no ring

  // Writes a record into the ring before it returns. An error if there is no ring, or no room in
  // it, which the ledger counts too.
  Status mark(std::uint32_t kind, std::uint32_t trial, std::uint64_t arg,
              std::string_view label) const;
  Status disk(std::uint32_t dev, std::uint64_t sectors, std::string_view name) const;
  Status cgroup(std::string_view name, std::uint32_t descendants, std::uint32_t dying) const;
  Status io(const bsc_event_io_call& call) const;
  Status io(const bsc_event_io_return& returned) const;
  Status io(const bsc_event_io_seen& seen) const;

  // Empties the ring into `sink`, the record of a stack right before the first that names it.
  // Never waits for records; returns how many there were.
  std::size_t drain(const Sink& sink);

  // Drains until every sequence number taken is accounted for. Detaches the probes if events do
  // not cease by themselves.
  wire::Loss settle(const Sink& sink);

  // Whether settle() has detached the probes.
  bool detached() const;

  // What comes after the last settle() is a record of its own, as of probes that were just put in:
  // orders, sequence numbers and faults count from the beginning. Only if nothing was lost so far.
  void begin_record();

  // The loaded programs as lines of /proc/kallsyms.
  std::string symbols() const;

 private:
  struct State;
  explicit Loader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bioscope::loader
