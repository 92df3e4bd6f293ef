// SPDX-License-Identifier: GPL-2.0-only
// Forged kernels for this folder's tests: BTF, ELF files with sections and notes, bzImages of any
// compression. They are well formed and boot nothing. Tests only.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <linux/btf.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/check.h"
#include "harness/base/handle.h"

namespace bioscope::kernel::forge {

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
void put(std::string& into, std::size_t offset, T value) {
  std::memcpy(into.data() + offset, &value, sizeof value);
}

// Types one after the other; ids begin at `first_id`, names at `first_name`, as split BTF does.
class BtfWriter {
 public:
  explicit BtfWriter(std::uint32_t first_id = 1, std::uint32_t first_name = 0)
      : next_id_(first_id), first_name_(first_name), names_(first_name == 0 ? 1 : 0, '\0') {}

  std::uint32_t integer(std::string_view name) {
    return add(name, BTF_KIND_INT, 0, 4, bytes_of(std::uint32_t{32}));
  }
  std::uint32_t prototype(unsigned parameters, std::uint32_t type) {
    std::string rest;
    for (unsigned i = 0; i < parameters; ++i)
      rest += bytes_of(btf_param{.name_off = 0, .type = type});
    return add("", BTF_KIND_FUNC_PROTO, parameters, 0, rest);
  }
  std::uint32_t function(std::string_view name, std::uint32_t prototype_id) {
    return add(name, BTF_KIND_FUNC, 0, prototype_id, "");
  }
  std::uint32_t type_name(std::string_view name, std::uint32_t type) {
    return add(name, BTF_KIND_TYPEDEF, 0, type, "");
  }
  std::uint32_t structure(std::string_view name,
                          const std::vector<std::pair<std::string, std::uint32_t>>& members) {
    std::string rest;
    for (const auto& [member, type] : members)
      rest += bytes_of(btf_member{.name_off = name_offset(member), .type = type, .offset = 0});
    return add(name, BTF_KIND_STRUCT, static_cast<unsigned>(members.size()), 4, rest);
  }
  std::uint32_t add(std::string_view name, unsigned kind, unsigned count, std::uint32_t size,
                    std::string_view rest) {
    types_ +=
        bytes_of(btf_type{.name_off = name_offset(name), .info = kind << 24 | count, .size = size});
    types_ += rest;
    return next_id_++;
  }

  std::uint32_t next_id() const { return next_id_; }
  std::uint32_t next_name() const {
    return first_name_ + static_cast<std::uint32_t>(names_.size());
  }

  std::string bytes() const {
    const auto types = static_cast<std::uint32_t>(types_.size());
    const btf_header header{.magic = BTF_MAGIC,
                            .version = BTF_VERSION,
                            .flags = 0,
                            .hdr_len = sizeof(btf_header),
                            .type_off = 0,
                            .type_len = types,
                            .str_off = types,
                            .str_len = static_cast<std::uint32_t>(names_.size())};
    return bytes_of(header) + types_ + names_;
  }

 private:
  std::uint32_t name_offset(std::string_view name) {
    if (name.empty()) return 0;
    const auto offset = next_name();
    names_ += name;
    names_ += '\0';
    return offset;
  }

  std::uint32_t next_id_;
  std::uint32_t first_name_;
  std::string types_;
  std::string names_;
};

inline std::string note(std::string_view owner, std::uint32_t type, std::string_view description) {
  const auto padded = [](std::string_view text) {
    std::string result(text);
    result.resize((result.size() + 3) & ~std::size_t{3});
    return result;
  };
  const std::string name(owner.data(), owner.size());
  const Elf64_Nhdr header{.n_namesz = static_cast<Elf64_Word>(name.size() + 1),
                          .n_descsz = static_cast<Elf64_Word>(description.size()),
                          .n_type = type};
  return bytes_of(header) + padded(name + '\0') + padded(description);
}

// An ELF file with these sections and, if there are notes, one PT_NOTE segment.
inline std::string elf(std::uint16_t type, const std::map<std::string, std::string>& sections,
                       std::string_view notes = {}, std::uint16_t machine = EM_X86_64) {
  std::string names("\0.shstrtab\0", 11);
  std::string body;
  std::vector<Elf64_Shdr> table(1);
  const std::size_t start = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  const auto add = [&](std::uint32_t name, std::uint32_t kind, std::string_view content) {
    body.resize((body.size() + 7) & ~std::size_t{7});
    table.push_back({.sh_name = name,
                     .sh_type = kind,
                     .sh_flags = 0,
                     .sh_addr = 0,
                     .sh_offset = start + body.size(),
                     .sh_size = content.size(),
                     .sh_link = 0,
                     .sh_info = 0,
                     .sh_addralign = 1,
                     .sh_entsize = 0});
    body += content;
  };
  for (const auto& [name, content] : sections) {
    add(static_cast<std::uint32_t>(names.size()), SHT_PROGBITS, content);
    names += name + '\0';
  }
  body.resize((body.size() + 7) & ~std::size_t{7});
  const Elf64_Phdr segment{.p_type = notes.empty() ? Elf64_Word{PT_NULL} : Elf64_Word{PT_NOTE},
                           .p_flags = PF_R,
                           .p_offset = start + body.size(),
                           .p_vaddr = 0,
                           .p_paddr = 0,
                           .p_filesz = notes.size(),
                           .p_memsz = notes.size(),
                           .p_align = 4};
  body += notes;
  add(1, SHT_STRTAB, names);
  body.resize((body.size() + 7) & ~std::size_t{7});
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = type;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_shoff = start + body.size();
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<std::uint16_t>(table.size());
  header.e_shstrndx = static_cast<std::uint16_t>(table.size() - 1);
  std::string file = bytes_of(header) + bytes_of(segment) + body;
  for (const auto& entry : table) file += bytes_of(entry);
  return file;
}

struct VmlinuxParts {
  std::string release{"9.9.9-forged"};
  bool pvh = true;
  std::string build_id{"\x01\x23\xab"};
  std::string btf{};     // none if empty
  std::string config{};  // embedded if not empty; already packed
};

inline std::string vmlinux(const VmlinuxParts& parts = {}) {
  std::map<std::string, std::string> sections{
      {".rodata", "Linux version %s (%s)\nLinux version " + parts.release + " (me@here) #1 SMP\n"}};
  if (!parts.config.empty()) sections[".rodata"] += "IKCFG_ST" + parts.config + "IKCFG_ED";
  if (!parts.btf.empty()) sections[".BTF"] = parts.btf;
  std::string notes = note("Xen", 6, "linux");
  if (parts.pvh) notes += note("Xen", 18, std::string(8, '\x10'));
  if (!parts.build_id.empty()) notes += note("GNU", 3, parts.build_id);
  return elf(ET_EXEC, sections, notes);
}

inline std::string module(std::string_view release, const std::string& btf = {}) {
  using namespace std::string_literals;
  std::map<std::string, std::string> sections{
      {".modinfo", "license=GPL\0vermagic="s + std::string(release) + " SMP mod_unload \0"s}};
  if (!btf.empty()) sections[".BTF"] = btf;
  return elf(ET_REL, sections);
}

// The legacy frame of `lz4 -l`, which the kernel's own lz4 takes: here of literals alone.
inline std::string lz4_legacy(std::string_view data) {
  std::string block = "\xf0";
  std::size_t rest = data.size() - 15;
  for (; rest >= 255; rest -= 255) block += '\xff';
  block += static_cast<char>(rest);
  block += data;
  return std::string("\x02\x21\x4c\x18") + bytes_of(static_cast<std::uint32_t>(block.size())) +
         block;
}

inline std::string packed(std::string_view data, const std::string& format) {
  if (format == "lz4-legacy") return lz4_legacy(data);
  const Handle<archive, archive_write_free> writer(archive_write_new());
  std::string out(data.size() + (1 << 20), '\0');
  std::size_t used = 0;
  BSC_CHECK(archive_write_add_filter_by_name(writer.get(), format.c_str()) == ARCHIVE_OK);
  BSC_CHECK(archive_write_set_format_raw(writer.get()) == ARCHIVE_OK);
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  BSC_CHECK(archive_write_open_memory(writer.get(), out.data(), out.size(), &used) == ARCHIVE_OK);
  const Handle<archive_entry, archive_entry_free> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  BSC_CHECK(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK);
  BSC_CHECK(archive_write_data(writer.get(), data.data(), data.size()) ==
            static_cast<la_ssize_t>(data.size()));
  BSC_CHECK(archive_write_close(writer.get()) == ARCHIVE_OK);
  out.resize(used);
  return out;
}

// Setup code of one sector, 64 bytes of system before the payload.
inline std::string bzimage(std::string_view vmlinux, const std::string& format,
                           std::string_view release = "9.9.9-forged") {
  auto payload = packed(vmlinux, format);
  if (format != "gzip") payload += bytes_of(static_cast<std::uint32_t>(vmlinux.size()));
  std::string setup(1024, '\0');
  std::string system = std::string(64, '\x90') + payload;
  system.resize((system.size() + 15) & ~std::size_t{15});
  put<std::uint8_t>(setup, 0x1f1, 1);
  put<std::uint32_t>(setup, 0x1f4, static_cast<std::uint32_t>(system.size() / 16));
  put<std::uint16_t>(setup, 0x1fe, 0xaa55);
  setup.replace(0x202, 4, "HdrS");
  put<std::uint16_t>(setup, 0x206, 0x20f);
  put<std::uint16_t>(setup, 0x20e, 0x100);
  put<std::uint32_t>(setup, 0x248, 64);
  put<std::uint32_t>(setup, 0x24c, static_cast<std::uint32_t>(payload.size()));
  const std::string banner = std::string(release) + " (me@here) #1 SMP";
  setup.replace(0x300, banner.size(), banner);
  return setup + system;
}

// The shortest of five, so that a busy machine does not fail a test of speed.
template <class F>
std::chrono::nanoseconds best_of_five(F action) {
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    action();
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
  }
  return best;
}

// A temporary directory that goes away.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "bsc-kernel-XXXXXX").string();
    BSC_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bioscope::kernel::forge
