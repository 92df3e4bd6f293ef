// SPDX-License-Identifier: GPL-2.0-only
// Sections and notes of an ELF file of x86-64 in memory, over libelf. Takes hostile input; views
// look into the memory given to open(). This folder only.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/base/handle.h"
#include "harness/base/result.h"

namespace bioscope::kernel {

class ElfFile {
 public:
  static bool is_elf(std::string_view bytes) { return bytes.starts_with("\177ELF"); }

  // A usage error if it is damaged or not a 64-bit little-endian file of x86-64.
  static Result<ElfFile> open(std::string_view bytes);

  std::uint16_t type() const { return type_; }  // ET_EXEC, ...
  std::optional<std::string_view> section(std::string_view name) const;
  // The description of the first note of that owner and type in a PT_NOTE segment.
  std::optional<std::string_view> note(std::string_view owner, std::uint32_t type) const;

 private:
  ElfFile(std::string_view bytes, Handle<Elf, elf_end> elf, std::uint16_t type)
      : bytes_(bytes), elf_(std::move(elf)), type_(type) {}

  std::string_view bytes_;
  Handle<Elf, elf_end> elf_;
  std::uint16_t type_;
};

}  // namespace bioscope::kernel
