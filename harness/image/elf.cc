// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "harness/base/file.h"
#include "harness/base/handle.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

using ElfHandle = Handle<Elf, elf_end>;

std::unexpected<Error> damaged(const fs::path& path) {
  const char* why = elf_errmsg(-1);
  return usage_error("{} is a damaged ELF file ({}); build it anew", path.string(),
                     why ? why : "it ends too early");
}

// The bytes of a segment, up to its end in the file.
std::optional<std::string_view> bytes(Elf* elf, const GElf_Phdr& segment) {
  std::size_t size = 0;
  const char* file = elf_rawfile(elf, &size);
  if (file == nullptr || segment.p_offset > size || segment.p_filesz > size - segment.p_offset)
    return std::nullopt;
  return std::string_view(file + segment.p_offset, segment.p_filesz);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto part = list.substr(0, list.find(':'));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

}  // namespace

Result<std::optional<Dynamic>> read_dynamic(const fs::path& path) {
  static const bool ready = elf_version(EV_CURRENT) != EV_NONE;
  if (!ready) return host_error("libelf is too old: {}", elf_errmsg(-1));
  BSC_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  const ElfHandle elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  if (!elf) return damaged(path);
  GElf_Ehdr header{};
  std::size_t segments = 0;
  if (elf_kind(elf.get()) != ELF_K_ELF) return std::nullopt;
  if (gelf_getehdr(elf.get(), &header) == nullptr || elf_getphdrnum(elf.get(), &segments) != 0)
    return damaged(path);

  Dynamic dynamic{.machine = header.e_machine,
                  .bits = gelf_getclass(elf.get()) == ELFCLASS32 ? 32 : 64};
  std::vector<GElf_Phdr> loads;
  Elf_Data* table = nullptr;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment{};
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) return damaged(path);
    if (segment.p_type == PT_LOAD) loads.push_back(segment);
    if (segment.p_type == PT_INTERP) {
      const auto text = bytes(elf.get(), segment);
      if (!text) return damaged(path);
      dynamic.interpreter = text->substr(0, text->find('\0'));
    }
    if (segment.p_type == PT_DYNAMIC) {
      table = elf_getdata_rawchunk(elf.get(), static_cast<std::int64_t>(segment.p_offset),
                                   segment.p_filesz, ELF_T_DYN);
      if (table == nullptr) return damaged(path);
    }
  }
  if (table == nullptr) return std::nullopt;

  std::uint64_t strings = 0;
  std::vector<GElf_Dyn> entries;
  for (std::size_t i = 0; i < table->d_size / gelf_fsize(elf.get(), ELF_T_DYN, 1, EV_CURRENT);
       ++i) {
    GElf_Dyn entry{};
    if (gelf_getdyn(table, static_cast<int>(i), &entry) == nullptr) return damaged(path);
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) strings = entry.d_un.d_ptr;
    entries.push_back(entry);
  }
  // DT_STRTAB is an address; a file's headers say where its bytes are.
  std::string_view text;
  for (const auto& load : loads) {
    if (strings < load.p_vaddr || strings - load.p_vaddr >= load.p_filesz) continue;
    const auto content = bytes(elf.get(), load);
    if (!content) return damaged(path);
    text = content->substr(strings - load.p_vaddr);
  }
  for (const auto& entry : entries) {
    if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_RPATH && entry.d_tag != DT_RUNPATH) continue;
    if (entry.d_un.d_val >= text.size()) return damaged(path);
    const auto tail = text.substr(entry.d_un.d_val);
    const auto value = tail.substr(0, tail.find('\0'));
    if (entry.d_tag == DT_NEEDED) {
      dynamic.needed.emplace_back(value);
    } else if (entry.d_tag == DT_RUNPATH || !dynamic.runpath) {
      dynamic.rpath = split(value);
      dynamic.runpath = entry.d_tag == DT_RUNPATH;
    }
  }
  return dynamic;
}

}  // namespace bioscope::image
