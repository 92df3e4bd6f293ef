// SPDX-License-Identifier: GPL-2.0-only
// Symbols: names of kernel text, for stacks. The kernel's own are read in the background from the
// start of the guest on, since printing them takes an emulated guest a fifth of a second; those of
// modules come from their files and load addresses, which costs next to nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <string_view>

#include "guest/wire/frame.h"
#include "harness/base/result.h"

namespace bioscope::agent {

// The whole lines of `bytes` that name text (types t, T, w, W). What follows the last newline is
// kept in `rest` and belongs in front of the bytes to come.
std::string text_symbols(std::string_view bytes, std::string& rest);

// The address in the line of `lines` that names `symbol`; 0 if none does.
std::uint64_t address_of(std::string_view symbol, std::string_view lines);

// Lines as in /proc/kallsyms for the functions of a module's file. `address` tells where a section
// has been loaded, 0 if nowhere.
Result<std::string> module_symbols(
    const std::string& path, std::string_view module,
    const std::function<std::uint64_t(const std::string& section)>& address);

// module_symbols for a module of this guest.
Result<std::string> loaded_module_symbols(const std::string& path, std::string_view module);

class Symbols {
 public:
  Symbols();  // starts to read

  // Both wait for the end of the reading.
  std::uint64_t bio_chain_endio();
  // The frame of the artifact "kallsyms", which `more` lines close. Once, as the last call.
  std::string finish(std::string_view more);

 private:
  struct Kernel {
    std::uint64_t bio_chain_endio = 0;
    wire::ArtifactEncoder packed{"kallsyms"};
  };
  static Kernel read();
  Kernel& kernel();

  std::future<Kernel> reading_;
  std::optional<Kernel> kernel_;
};

}  // namespace bioscope::agent
