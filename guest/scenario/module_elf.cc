// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/module_elf.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

using std::string_view;

constexpr string_view kThisModule = ".gnu.linkonce.this_module";
constexpr std::size_t kVersionBytes = 64;  // of one entry: a checksum and a name
constexpr std::size_t kVersionName = 8;

// Reads within the file only; anything outside is nothing.
class Reader {
 public:
  explicit Reader(string_view bytes) : bytes_(bytes) {}

  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  string_view range(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return {};
    return bytes_.substr(offset, size);
  }

 private:
  string_view bytes_;
};

string_view text_at(string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const string_view rest = table.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

class Donor {
 public:
  explicit Donor(string_view bytes) : reader_(bytes) {
    const auto head = reader_.at<Elf64_Ehdr>(0);
    if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return;
    for (unsigned index = 0; index < head->e_shnum; ++index)
      if (const auto section = reader_.at<Elf64_Shdr>(head->e_shoff + index * sizeof(Elf64_Shdr)))
        sections_.push_back(*section);
    if (head->e_shstrndx < sections_.size()) names_ = content(sections_[head->e_shstrndx]);
  }

  const Elf64_Shdr* section(string_view name) const {
    const auto found = std::ranges::find_if(sections_, [&](const Elf64_Shdr& section) {
      return text_at(names_, section.sh_name) == name;
    });
    return found == sections_.end() ? nullptr : &*found;
  }

  string_view content(const Elf64_Shdr& section) const {
    return reader_.range(section.sh_offset, section.sh_size);
  }

  string_view content(string_view name) const {
    const Elf64_Shdr* found = section(name);
    return found == nullptr ? string_view{} : content(*found);
  }

  // Where `section` refers to the symbol.
  std::optional<std::uint64_t> reference(string_view section, string_view symbol) const {
    const Reader relocations(content(".rela" + std::string(section)));
    const Reader symbols(content(".symtab"));
    const string_view names = content(".strtab");
    for (std::uint64_t at = 0; const auto entry = relocations.at<Elf64_Rela>(at);
         at += sizeof(Elf64_Rela)) {
      const auto target = symbols.at<Elf64_Sym>(ELF64_R_SYM(entry->r_info) * sizeof(Elf64_Sym));
      if (target && text_at(names, target->st_name) == symbol) return entry->r_offset;
    }
    return std::nullopt;
  }

 private:
  Reader reader_;
  std::vector<Elf64_Shdr> sections_;
  string_view names_;
};

string_view info_of(string_view modinfo, string_view key) {
  while (!modinfo.empty()) {
    const string_view entry = modinfo.substr(0, modinfo.find('\0'));
    if (entry.starts_with(key)) return entry.substr(key.size());
    modinfo.remove_prefix(std::min(entry.size() + 1, modinfo.size()));
  }
  return {};
}

// A string table that gives each string its offset.
class Strings {
 public:
  std::uint32_t add(string_view text) {
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(text).push_back('\0');
    return offset;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_{'\0'};
};

template <class T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Lays sections out behind the file's head, in order.
class Writer {
 public:
  Writer() : bytes_(sizeof(Elf64_Ehdr), '\0'), headers_(1) {}

  std::uint32_t count() const { return static_cast<std::uint32_t>(headers_.size()); }

  Elf64_Shdr& add(string_view name, std::uint32_t type, std::uint64_t alignment,
                  string_view content) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment, '\0');
    Elf64_Shdr header{};
    header.sh_name = names_.add(name);
    header.sh_type = type;
    header.sh_offset = bytes_.size();
    header.sh_size = content.size();
    header.sh_addralign = alignment;
    headers_.push_back(header);
    bytes_ += content;
    return headers_.back();
  }

  std::string finish() {
    const std::uint32_t names = count();
    Elf64_Shdr& own = add(".shstrtab", SHT_STRTAB, 1, "");
    own.sh_size = names_.bytes().size();  // with its own name
    bytes_ += names_.bytes();
    bytes_.resize((bytes_.size() + 7) / 8 * 8, '\0');
    Elf64_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_REL;
    head.e_machine = EM_X86_64;
    head.e_version = EV_CURRENT;
    head.e_shoff = bytes_.size();
    head.e_ehsize = sizeof(Elf64_Ehdr);
    head.e_shentsize = sizeof(Elf64_Shdr);
    head.e_shnum = static_cast<Elf64_Half>(headers_.size());
    head.e_shstrndx = static_cast<Elf64_Half>(names);
    std::memcpy(bytes_.data(), &head, sizeof head);
    for (const Elf64_Shdr& header : headers_) append(bytes_, header);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::vector<Elf64_Shdr> headers_;
  Strings names_;
};

template <class Range>
std::uint32_t index_of(const Range& range, string_view name) {
  const auto found = std::ranges::find_if(range, [&](const auto& one) { return one.name == name; });
  BSC_CHECK(found != range.end());
  return static_cast<std::uint32_t>(found - range.begin()) + 1;  // behind the null entry
}

}  // namespace

Result<ModuleShape> read_shape(string_view donor) {
  const Donor file(donor);
  const string_view record = file.content(kThisModule);
  const auto init = file.reference(kThisModule, "init_module");
  const string_view modinfo = file.content(".modinfo");
  const string_view name = info_of(modinfo, "name=");
  const string_view vermagic = info_of(modinfo, "vermagic=");
  const std::size_t name_offset = record.find(name);
  if (record.empty() || !init || name.empty() || vermagic.empty() || name_offset == record.npos)
    return guest_error("\"{}\" is no kernel module to learn a module's shape from", name);
  ModuleShape shape{record.size(), name_offset, *init, std::string(vermagic), {}};
  const string_view versions = file.content("__versions");
  for (std::size_t at = 0; at + kVersionBytes <= versions.size(); at += kVersionBytes)
    if (text_at(versions.substr(at, kVersionBytes), kVersionName) == "module_layout")
      shape.layout_version = versions.substr(at, kVersionBytes);
  return shape;
}

std::string write_relocatable(const std::vector<Section>& sections,
                              const std::vector<Symbol>& symbols) {
  Writer writer;
  for (const Section& section : sections)
    writer.add(section.name, SHT_PROGBITS, section.alignment, section.content).sh_flags =
        section.flags;

  Strings names;
  std::string table(sizeof(Elf64_Sym), '\0');
  std::uint32_t locals = 1;
  for (const Symbol& symbol : symbols) {
    Elf64_Sym entry{};
    entry.st_name = names.add(symbol.name);
    entry.st_info = ELF64_ST_INFO(symbol.global ? STB_GLOBAL : STB_LOCAL,
                                  symbol.function ? STT_FUNC : STT_OBJECT);
    entry.st_shndx = static_cast<Elf64_Half>(index_of(sections, symbol.section));
    entry.st_size = sections[entry.st_shndx - 1].content.size();
    append(table, entry);
    if (!symbol.global) ++locals;
  }

  const auto relocated = std::ranges::count_if(
      sections, [](const Section& section) { return !section.relocations.empty(); });
  const std::uint32_t symtab = writer.count() + static_cast<std::uint32_t>(relocated);
  for (const Section& section : sections) {
    if (section.relocations.empty()) continue;
    std::string entries;
    for (const Relocation& relocation : section.relocations)
      append(entries, Elf64_Rela{relocation.offset,
                                 ELF64_R_INFO(std::uint64_t{index_of(symbols, relocation.symbol)},
                                              relocation.type),
                                 relocation.addend});
    Elf64_Shdr& header = writer.add(".rela" + section.name, SHT_RELA, 8, entries);
    header.sh_flags = SHF_INFO_LINK;
    header.sh_link = symtab;
    header.sh_info = index_of(sections, section.name);
    header.sh_entsize = sizeof(Elf64_Rela);
  }

  Elf64_Shdr& symbol_table = writer.add(".symtab", SHT_SYMTAB, 8, table);
  symbol_table.sh_link = symtab + 1;
  symbol_table.sh_info = locals;  // the first global one
  symbol_table.sh_entsize = sizeof(Elf64_Sym);
  writer.add(".strtab", SHT_STRTAB, 1, names.bytes());
  return writer.finish();
}

}  // namespace bioscope::scenario
