// SPDX-License-Identifier: GPL-2.0-only
// Guardian: runs a worker so that nothing it starts outlives it, the runner or the guard itself,
// whoever of them is killed and how. Below the runner stand a guard, an init that reaps, and the
// worker: in a pid namespace of their own, or as nested subreapers where that is refused.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/process/process.h"

namespace bioscope::machine {

enum class Isolation {
  kBest,       // a pid namespace; subreapers where the kernel refuses one
  kSubreaper,  // subreapers
};

struct GuardSpec {
  std::vector<std::string> argv{};  // of the worker; argv[0] is a path
  std::map<std::string, std::string> environment{};
  std::vector<int> inherit{};      // descriptors that stay open, same numbers
  std::filesystem::path output{};  // stdout and stderr; empty: ours
  Isolation isolation = Isolation::kBest;
};

class Guarded {
 public:
  // Of the guard, as the runner sees it.
  int pid() const { return guard_.pid(); }
  // The worker's exit code, or 128 + signal, once it and all below have ended.
  std::optional<int> poll() { return guard_.poll(); }
  int wait() { return guard_.wait(); }
  // Ends all of it at once and returns when none of it is left. The destructor does the same.
  void kill();

 private:
  friend Result<Guarded> spawn(const GuardSpec& spec);
  explicit Guarded(process::Child guard) : guard_(std::move(guard)) {}

  process::Child guard_;
};

// The worker dies with the calling thread, so call it from one that lives as long. Starts this
// very program again, whose main() must hand `__guard` to guard_main().
Result<Guarded> spawn(const GuardSpec& spec);

inline constexpr char kGuardVerb[] = "__guard";

// main() of the guard; argv[0] is the verb.
int guard_main(int argc, char** argv);

}  // namespace bioscope::machine
