// SPDX-License-Identifier: GPL-2.0-only
// Tiny dynamic ELF files for tests: they cannot run, but say what a loader would look for.
#pragma once

#include <elf.h>

#include <algorithm>
#include <string>
#include <vector>

namespace bioscope::image {

struct FakeElf {
  unsigned machine = EM_X86_64;
  std::string interpreter{};
  std::vector<std::string> needed{};
  std::string rpath{};
  std::string runpath{};
};

inline std::string elf_file(const FakeElf& elf) {
  std::string strings(1, '\0');
  std::vector<Elf64_Dyn> entries;
  const auto add = [&](Elf64_Sxword tag, const std::string& text) {
    entries.push_back({.d_tag = tag, .d_un = {.d_val = strings.size()}});
    strings += text + '\0';
  };
  for (const auto& library : elf.needed) add(DT_NEEDED, library);
  if (!elf.rpath.empty()) add(DT_RPATH, elf.rpath);
  if (!elf.runpath.empty()) add(DT_RUNPATH, elf.runpath);

  constexpr Elf64_Addr kBase = 0x400000;
  const std::size_t headers = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
  const std::size_t dynamic = headers + (entries.size() + 2) * sizeof(Elf64_Dyn);
  entries.push_back({.d_tag = DT_STRTAB, .d_un = {.d_val = kBase + dynamic}});
  entries.push_back({.d_tag = DT_NULL, .d_un = {.d_val = 0}});
  const std::size_t interpreter = dynamic + strings.size();
  strings += elf.interpreter + '\0';

  Elf64_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = static_cast<Elf64_Half>(elf.machine);
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 3;
  const auto segment = [](unsigned type, std::size_t from, std::size_t to) {
    Elf64_Phdr result{};
    result.p_type = type;
    result.p_offset = from;
    result.p_vaddr = kBase + from;
    result.p_filesz = result.p_memsz = to - from;
    return result;
  };
  const Elf64_Phdr segments[] = {segment(PT_LOAD, 0, dynamic + strings.size()),
                                 segment(PT_DYNAMIC, headers, dynamic),
                                 segment(elf.interpreter.empty() ? PT_NULL : PT_INTERP, interpreter,
                                         dynamic + strings.size())};
  std::string file(reinterpret_cast<const char*>(&header), sizeof header);
  file.append(reinterpret_cast<const char*>(segments), sizeof segments);
  file.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(Elf64_Dyn));
  return file + strings;
}

}  // namespace bioscope::image
