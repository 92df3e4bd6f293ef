// SPDX-License-Identifier: GPL-2.0-only
// Symbols: the names of one boot's kernel addresses, out of its /proc/kallsyms with modules. An
// address without a name stays a number; nothing is guessed. Immutable once made; anyone may look
// addresses up, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bioscope::evidence {

class Symbols {
 public:
  struct Place {
    std::string_view name{};
    std::string_view module{};  // empty: the kernel itself
    std::uint64_t offset = 0;
  };

  Symbols() = default;  // knows no name
  // Lines that are no symbols, and symbols whose address is hidden, are passed over. `modules` is
  // /proc/modules of the same boot: what lies behind a module's end is not called by its last name.
  explicit Symbols(std::string kallsyms, std::string_view modules = {});

  // Valid as long as this object.
  std::optional<Place> find(std::uint64_t address) const;

  // "bio_endio+0x1c", with " [dm_mod]" behind it for a module; "0xffff..." if unknown.
  std::string name(std::uint64_t address) const;

  // Names of a stack that a probe took, innermost first, without the frames of the probe itself
  // (the BPF program and the trampoline that called it).
  std::vector<std::string> stack(std::span<const std::uint64_t> frames) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t address;
    std::uint32_t name_at;  // in text_
    std::uint16_t name_size;
    std::uint16_t module;  // in modules_; 0 is the kernel
  };

  std::string text_;
  std::vector<Entry> entries_;  // by address, one each
  std::vector<std::string> modules_;
  std::vector<std::uint64_t> ends_;  // of modules_; 0: unknown
};

}  // namespace bioscope::evidence
