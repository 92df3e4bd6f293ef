// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/elf_file.h"

#include <gelf.h>

#include "harness/kernel/bytes.h"

namespace bioscope::kernel {

Result<ElfFile> ElfFile::open(std::string_view bytes) {
  elf_version(EV_CURRENT);
  // libelf takes char* for files that it would write; this one it only reads.
  Handle<Elf, elf_end> elf(elf_memory(const_cast<char*>(bytes.data()), bytes.size()));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    return usage_error("its ELF header is damaged");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64)
    return usage_error("it is an ELF file of another machine; guests here are x86-64");
  return ElfFile(bytes, std::move(elf), header.e_type);
}

std::optional<std::string_view> ElfFile::section(std::string_view name) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return std::nullopt;
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf_.get(), scn)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* own = elf_strptr(elf_.get(), names, header.sh_name);
    if (own != nullptr && own == name) return slice(bytes_, header.sh_offset, header.sh_size);
  }
  return std::nullopt;
}

std::optional<std::string_view> ElfFile::note(std::string_view owner, std::uint32_t type) const {
  std::size_t segments = 0;
  if (elf_getphdrnum(elf_.get(), &segments) != 0) return std::nullopt;
  for (std::size_t i = 0; i < segments; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type != PT_NOTE || !slice(bytes_, segment.p_offset, segment.p_filesz)) continue;
    Elf_Data* data =
        elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.p_offset),
                             segment.p_filesz, segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (data == nullptr) continue;
    GElf_Nhdr header;
    std::size_t name = 0;
    std::size_t description = 0;
    for (std::size_t at = 0; (at = gelf_getnote(data, at, &header, &name, &description)) > 0;) {
      const std::string_view all(static_cast<const char*>(data->d_buf), data->d_size);
      auto own = slice(all, name, header.n_namesz);
      if (own && own->ends_with('\0')) own->remove_suffix(1);
      if (header.n_type == type && own == owner) return slice(all, description, header.n_descsz);
    }
  }
  return std::nullopt;
}

}  // namespace bioscope::kernel
