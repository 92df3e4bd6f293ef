// SPDX-License-Identifier: GPL-2.0-only
// A kernel's module directory for tests: tiny relocatable ELF files that say what a module says
// of itself, and depmod run over them.
#pragma once

#include <elf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::image {

struct FakeModule {
  std::vector<std::string> info{};  // "alias=...", "softdep=pre: x"
  std::vector<std::string> exports{};
  std::vector<std::string> imports{};
  std::optional<std::uint32_t> layout{};  // checksum of module_layout
};

// Sections: .modinfo, the exports' names, a symbol table of the imports, and __versions.
inline std::string module_file(const FakeModule& module) {
  struct Section {
    std::string name{};
    unsigned type = SHT_PROGBITS;
    std::string bytes{};
    unsigned link = 0;
    unsigned info = 0;
    unsigned entry = 0;
  };
  const auto strings = [](const std::vector<std::string>& list) {
    std::string bytes;
    for (const auto& one : list) bytes += one + '\0';
    return bytes;
  };
  std::string names(1, '\0');
  std::vector<Elf64_Sym> symbols(1);
  for (const auto& import : module.imports) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(names.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
    symbols.push_back(symbol);
    names += import + '\0';
  }
  std::vector<Section> sections{
      {.name = "", .type = SHT_NULL},
      {.name = ".modinfo", .bytes = strings(module.info)},
      {.name = "__ksymtab_strings", .bytes = strings(module.exports)},
      {.name = ".symtab",
       .type = SHT_SYMTAB,
       .bytes = {reinterpret_cast<const char*>(symbols.data()), symbols.size() * sizeof(Elf64_Sym)},
       .link = 4,
       .info = 1,
       .entry = sizeof(Elf64_Sym)},
      {.name = ".strtab", .type = SHT_STRTAB, .bytes = names}};
  if (module.layout) {
    struct Version {
      std::uint64_t sum = 0;
      char name[56] = "module_layout";
    } const version{.sum = *module.layout};
    sections.push_back(
        {.name = "__versions", .bytes = {reinterpret_cast<const char*>(&version), sizeof version}});
  }
  sections.push_back({.name = ".shstrtab", .type = SHT_STRTAB});
  std::vector<Elf64_Shdr> headers;
  for (const auto& section : sections) {
    headers.push_back({.sh_name = static_cast<Elf64_Word>(sections.back().bytes.size()),
                       .sh_type = section.type,
                       .sh_flags = 0,
                       .sh_addr = 0,
                       .sh_offset = 0,
                       .sh_size = 0,
                       .sh_link = section.link,
                       .sh_info = section.info,
                       .sh_addralign = 1,
                       .sh_entsize = section.entry});
    sections.back().bytes += section.name + '\0';
  }
  std::string file(sizeof(Elf64_Ehdr), '\0');
  for (std::size_t i = 0; i < sections.size(); ++i) {
    file.resize((file.size() + 7) / 8 * 8);
    headers[i].sh_offset = i == 0 ? 0 : file.size();
    headers[i].sh_size = sections[i].bytes.size();
    file += sections[i].bytes;
  }
  file.resize((file.size() + 7) / 8 * 8);
  Elf64_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_shoff = file.size();
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(sections.size());
  header.e_shstrndx = static_cast<Elf64_Half>(sections.size() - 1);
  file.replace(0, sizeof header, reinterpret_cast<const char*>(&header), sizeof header);
  file.append(reinterpret_cast<const char*>(headers.data()), headers.size() * sizeof(Elf64_Shdr));
  return file;
}

inline constexpr char kRelease[] = "6.1.0-fake";

class FakeKernel {
 public:
  explicit FakeKernel(std::filesystem::path base) : base_(std::move(base)) {}

  std::filesystem::path directory() const { return base_ / "lib/modules" / kRelease; }

  std::filesystem::path add(const std::string& path, const FakeModule& module) {
    const auto file = directory() / path;
    EXPECT_TRUE(make_directories(file.parent_path()));
    EXPECT_TRUE(write_file(file, module_file(module)));
    order_ += path + '\n';
    // Else depmod's order would be the file system's.
    EXPECT_TRUE(write_file(directory() / "modules.order", order_));
    return file;
  }

  void add_builtin(const std::string& paths) {
    EXPECT_TRUE(make_directories(directory()));
    EXPECT_TRUE(write_file(directory() / "modules.builtin", paths));
  }

  void depmod() {
    const auto run = process::run_checked({.argv = {"depmod", "-b", base_.string(), kRelease}});
    ASSERT_TRUE(run) << run.error().text();
  }

 private:
  std::filesystem::path base_;
  std::string order_{};
};

}  // namespace bioscope::image
