// SPDX-License-Identifier: GPL-2.0-only
// KernelSymbols: the names of a kernel's own text as its first guest told them. A later guest of
// the same build, with its text at the same place, need not print them again, which would take an
// emulated one a third of a second. One file per build; a kernel that moves at each boot gains
// nothing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::run {

class KernelSymbols {
 public:
  KernelSymbols() = default;  // keeps nothing
  explicit KernelSymbols(const std::filesystem::path& cache) : folder_(cache / "kernel/symbols") {}

  // Lines of /proc/kallsyms for the guest that says `hello`; empty if none are known that fit.
  std::string find(const wire::Hello& hello) const;

  // Keeps what `kallsyms`, which a guest sent, holds of the kernel's own.
  Status keep(const wire::Hello& hello, std::string_view kallsyms) const;

 private:
  std::filesystem::path file(const wire::Hello& hello) const;

  std::filesystem::path folder_{};
};

}  // namespace bioscope::run
