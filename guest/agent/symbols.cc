// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "harness/base/fd.h"
#include "harness/base/file.h"
#include "harness/base/handle.h"

namespace bioscope::agent {
namespace {

using ElfFile = Handle<Elf, elf_end>;

constexpr std::size_t kTypeColumn = 17;  // after sixteen digits and a space

std::uint64_t parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

bool names_text(std::string_view line) {
  if (line.size() <= kTypeColumn) return false;
  const char type = line[kTypeColumn];
  return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

}  // namespace

std::string text_symbols(std::string_view bytes, std::string& rest) {
  std::string lines;
  const auto take = [&](std::string_view line) {
    if (names_text(line)) lines += line;
  };
  if (!rest.empty()) {
    const auto end = bytes.find('\n');
    rest += bytes.substr(0, end == bytes.npos ? end : end + 1);
    if (end == bytes.npos) return lines;
    take(rest);
    rest.clear();
    bytes.remove_prefix(end + 1);
  }
  for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
    take(bytes.substr(0, end + 1));
    bytes.remove_prefix(end + 1);
  }
  rest = bytes;
  return lines;
}

std::uint64_t address_of(std::string_view symbol, std::string_view lines) {
  const auto at = lines.find(fmt::format(" {}\n", symbol));
  if (at == lines.npos) return 0;
  const auto before = lines.rfind('\n', at);
  return parse_hex(lines.substr(before == lines.npos ? 0 : before + 1, kTypeColumn - 1));
}

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
    return parse_hex(std::string_view(*text).substr(2));
  });
}

Symbols::Symbols() : reading_(std::async(std::launch::async, &Symbols::read)) {}

Symbols::Kernel Symbols::read() {
  ::pthread_setname_np(::pthread_self(), "bioscope/names");
  Kernel kernel;
  const Fd file(::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
  std::array<char, 65536> bytes;
  std::string rest;
  for (ssize_t got = 0; file && (got = ::read(file.get(), bytes.data(), bytes.size())) > 0;) {
    const auto lines = text_symbols({bytes.data(), static_cast<std::size_t>(got)}, rest);
    if (kernel.bio_chain_endio == 0) kernel.bio_chain_endio = address_of("bio_chain_endio", lines);
    kernel.packed.append(lines);
  }
  return kernel;
}

Symbols::Kernel& Symbols::kernel() {
  if (!kernel_) kernel_ = reading_.get();
  return *kernel_;
}

std::uint64_t Symbols::bio_chain_endio() { return kernel().bio_chain_endio; }

std::string Symbols::finish(std::string_view more) {
  kernel().packed.append(more);
  return kernel().packed.finish();
}

}  // namespace bioscope::agent
