// SPDX-License-Identifier: GPL-2.0-only
// Symbols: names of kernel text, for stacks. To print the kernel's own takes an emulated guest a
// third of a second, so they are read only for a host that does not know them from an earlier boot;
// those of modules come from their files and load addresses, which costs next to nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "guest/wire/frame.h"
#include "guest/wire/message.h"
#include "harness/base/result.h"

namespace bioscope::agent {

// Where this kernel's text begins; 0 if it does not tell. By it the host knows whether the names of
// another boot fit.
std::uint64_t text_begin();

// Lines as in /proc/kallsyms for the functions of a module's file. `address` tells where a section
// has been loaded, 0 if nowhere.
Result<std::string> module_symbols(
    const std::string& path, std::string_view module,
    const std::function<std::uint64_t(const std::string& section)>& address);

// module_symbols for a module of this guest.
Result<std::string> loaded_module_symbols(const std::string& path, std::string_view module);

class Symbols {
 public:
  // Reads the kernel's own if they are wanted.
  explicit Symbols(const wire::Start& start);

  // 0 if the kernel has none or hides it.
  std::uint64_t bio_chain_endio() const { return bio_chain_endio_; }
  // The frame of the artifact "kallsyms", which `more` lines close. Once, as the last call.
  std::string finish(std::string_view more);

 private:
  void read();

  std::uint64_t bio_chain_endio_;
  wire::ArtifactEncoder packed_{"kallsyms"};
};

}  // namespace bioscope::agent
