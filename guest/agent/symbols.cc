// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "guest/wire/kallsyms.h"
#include "harness/base/fd.h"
#include "harness/base/file.h"
#include "harness/base/handle.h"

namespace bioscope::agent {
namespace {

using ElfFile = Handle<Elf, elf_end>;

// Hands over the lines of the kernel's own text, some at a time, for as long as they are wanted.
void read_kernel(const std::function<bool(std::string_view lines)>& take) {
  const Fd file(::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
  std::array<char, 65536> bytes;
  wire::TextSymbols text;
  for (ssize_t got = 0; file && (got = ::read(file.get(), bytes.data(), bytes.size())) > 0;) {
    const auto lines = text.feed({bytes.data(), static_cast<std::size_t>(got)});
    if (!take(lines) || text.ended()) return;
  }
}

}  // namespace

Result<std::string> module_symbols(
    const std::string& path, std::string_view module,
    const std::function<std::uint64_t(const std::string& section)>& address) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return guest_error("cannot open module {}: {}", path, std::strerror(errno));
  ::elf_version(EV_CURRENT);
  const ElfFile elf(::elf_begin(file.get(), ELF_C_READ_MMAP, nullptr));
  std::size_t names = 0;
  if (!elf || ::elf_getshdrstrndx(elf.get(), &names) != 0)
    return guest_error("{} is no ELF file", path);

  std::vector<std::uint64_t> loaded{0};  // by the section's number
  Elf_Data* symbols = nullptr;
  GElf_Shdr table{};
  for (Elf_Scn* section = nullptr; (section = ::elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header{};
    const char* name = nullptr;
    if (::gelf_getshdr(section, &header) != nullptr)
      name = ::elf_strptr(elf.get(), names, header.sh_name);
    if (name == nullptr) return guest_error("{} has a broken section", path);
    // Memory of init sections is given back after the load.
    const bool text =
        (header.sh_flags & SHF_EXECINSTR) != 0 && !std::string_view(name).starts_with(".init");
    loaded.push_back(text ? address(name) : 0);
    if (header.sh_type == SHT_SYMTAB) {
      table = header;
      symbols = ::elf_getdata(section, nullptr);
    }
  }
  std::string lines;
  if (symbols == nullptr || table.sh_entsize == 0) return lines;
  const auto count = static_cast<int>(table.sh_size / table.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol{};
    if (::gelf_getsym(symbols, i, &symbol) == nullptr) break;
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx >= loaded.size() ||
        loaded[symbol.st_shndx] == 0)
      continue;
    const char* name = ::elf_strptr(elf.get(), table.sh_link, symbol.st_name);
    if (name == nullptr) continue;
    const char type = GELF_ST_BIND(symbol.st_info) == STB_LOCAL ? 't' : 'T';
    lines += fmt::format("{:016x} {} {}\t[{}]\n", loaded[symbol.st_shndx] + symbol.st_value, type,
                         name, module);
  }
  return lines;
}

Result<std::string> loaded_module_symbols(const std::string& path, std::string_view module) {
  return module_symbols(path, module, [module](const std::string& section) {
    const auto text = read_file(fmt::format("/sys/module/{}/sections/{}", module, section));
    if (!text || !text->starts_with("0x")) return std::uint64_t{0};
    return wire::hex_address(std::string_view(*text).substr(2));
  });
}

std::uint64_t text_begin() {
  std::uint64_t begin = 0;
  read_kernel([&](std::string_view lines) {
    begin = wire::symbol_address(lines, "_stext");
    return begin == 0;
  });
  return begin;
}

Symbols::Symbols(const wire::Start& start) : bio_chain_endio_(start.bio_chain_endio) {
  if (start.want_kernel_symbols) read();
}

void Symbols::read() {
  read_kernel([this](std::string_view lines) {
    if (bio_chain_endio_ == 0) bio_chain_endio_ = wire::symbol_address(lines, "bio_chain_endio");
    packed_.append(lines);
    return true;
  });
}

std::string Symbols::finish(std::string_view more) {
  packed_.append(more);
  return packed_.finish();
}

}  // namespace bioscope::agent
