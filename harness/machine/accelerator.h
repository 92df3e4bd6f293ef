// SPDX-License-Identifier: GPL-2.0-only
// Which accelerator a guest may use. KVM counts only once a tiny guest has really run to its own
// end on it, for /dev/kvm may be there, open, and never run a kernel. The answer is kept in the
// cache until the host's kernel, its CPU or QEMU changes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/machine/machine.h"

namespace bioscope::machine {

struct AcceleratorChoice {
  Accelerator accelerator{};
  std::string reason{};  // for people: why it is not KVM, or that it was proven
};

struct AcceleratorQuery {
  std::string_view wish = "auto";    // of --accel: auto, kvm or tcg
  std::filesystem::path emulator{};  // of find_emulator()
  std::filesystem::path cache{};     // empty: prove it each time
  std::filesystem::path device = "/dev/kvm";
};

// An unknown wish, or kvm that does not work, is a usage error that says what failed.
Result<AcceleratorChoice> choose_accelerator(const AcceleratorQuery& query);

// Runs the tiny guest. Nothing if it ran to its end in time, else what failed, in a few words.
Result<std::optional<std::string>> prove(Accelerator accelerator,
                                         const std::filesystem::path& emulator);

// The emulator that machines use unless told otherwise.
Result<std::filesystem::path> find_emulator();

}  // namespace bioscope::machine
