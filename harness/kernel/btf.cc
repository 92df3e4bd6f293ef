// SPDX-License-Identifier: GPL-2.0-only
// BTF (Documentation/bpf/btf.rst): a header, type records of varying length one after the other,
// and names. One pass checks all records and notes where each begins; a module's ids and name
// offsets continue those of its base. 180 000 types of a stock vmlinux take some ten milliseconds.
#include <linux/btf.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "harness/kernel/bytes.h"
#include "harness/kernel/elf_file.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/mapped_file.h"
#include "harness/kernel/modules.h"

namespace bioscope::kernel {
namespace {

struct Record {
  btf_type head{};
  std::string_view rest{};  // what follows the head

  unsigned kind() const { return BTF_INFO_KIND(head.info); }
  unsigned count() const { return BTF_INFO_VLEN(head.info); }
};

// Bytes behind the head; nothing for a kind that is not known.
std::optional<std::size_t> rest_size(unsigned kind, std::size_t count) {
  switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG: return 0;
    case BTF_KIND_INT: return sizeof(std::uint32_t);
    case BTF_KIND_ARRAY: return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: return count * sizeof(btf_member);
    case BTF_KIND_ENUM: return count * sizeof(btf_enum);
    case BTF_KIND_ENUM64: return count * sizeof(btf_enum64);
    case BTF_KIND_FUNC_PROTO: return count * sizeof(btf_param);
    case BTF_KIND_VAR: return sizeof(btf_var);
    case BTF_KIND_DATASEC: return count * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG: return sizeof(btf_decl_tag);
    default: return std::nullopt;
  }
}

bool is_aggregate(unsigned kind) { return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION; }

}  // namespace

struct Btf::Data {
  std::shared_ptr<const void> storage{};  // of what the views look into
  std::shared_ptr<const Data> base{};
  std::string_view types{};
  std::string_view names{};
  std::uint32_t first_id = 1;
  std::uint32_t first_name = 0;
  std::vector<std::uint32_t> begins{};  // of type first_id + i
  std::unordered_map<std::string_view, std::uint32_t> functions{};
  std::unordered_map<std::string_view, std::uint32_t> typedefs{};
  std::unordered_multimap<std::string_view, std::uint32_t> structures{};

  static Result<std::shared_ptr<const Data>> parse(std::string_view bytes,
                                                   std::shared_ptr<const void> storage,
                                                   std::shared_ptr<const Data> base);
  Status index();

  std::uint32_t end_id() const { return first_id + static_cast<std::uint32_t>(begins.size()); }
  std::optional<Record> record(std::uint32_t id) const;
  std::string_view name(std::uint32_t offset) const;
  bool has_member(std::uint32_t structure, std::string_view member) const;
};

Result<std::shared_ptr<const Btf::Data>> Btf::Data::parse(std::string_view bytes,
                                                          std::shared_ptr<const void> storage,
                                                          std::shared_ptr<const Data> base) {
  const auto header = read_at<btf_header>(bytes, 0);
  if (!header || header->magic != BTF_MAGIC || header->version != BTF_VERSION)
    return usage_error("its BTF has a damaged header");
  const auto body = slice(bytes, header->hdr_len, bytes.size() - header->hdr_len);
  const auto types = body ? slice(*body, header->type_off, header->type_len) : std::nullopt;
  const auto names = body ? slice(*body, header->str_off, header->str_len) : std::nullopt;
  if (!types || !names) return usage_error("its BTF is cut off");
  auto data = std::make_shared<Data>();
  data->storage = std::move(storage);
  data->types = *types;
  data->names = *names;
  if (base) {
    data->first_id = base->end_id();
    data->first_name = base->first_name + static_cast<std::uint32_t>(base->names.size());
    data->base = std::move(base);
  }
  BSC_TRY(data->index());
  return data;
}

Status Btf::Data::index() {
  for (std::size_t at = 0; at < types.size();) {
    const auto head = read_at<btf_type>(types, at);
    const auto size =
        head ? rest_size(BTF_INFO_KIND(head->info), BTF_INFO_VLEN(head->info)) : std::nullopt;
    if (!size || !slice(types, at + sizeof(btf_type), *size))
      return usage_error("its BTF is damaged, or of a kind unknown here, at type {}", end_id());
    const auto id = end_id();
    begins.push_back(static_cast<std::uint32_t>(at));
    at += sizeof(btf_type) + *size;
    switch (BTF_INFO_KIND(head->info)) {
      case BTF_KIND_FUNC: functions.emplace(name(head->name_off), id); break;
      case BTF_KIND_TYPEDEF: typedefs.emplace(name(head->name_off), id); break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        if (head->name_off != 0) structures.emplace(name(head->name_off), id);
        break;
      default: break;
    }
  }
  return {};
}

std::optional<Record> Btf::Data::record(std::uint32_t id) const {
  if (id < first_id) return base ? base->record(id) : std::nullopt;
  if (id >= end_id()) return std::nullopt;
  const auto at = begins[id - first_id];
  return Record{*read_at<btf_type>(types, at), types.substr(at + sizeof(btf_type))};
}

std::string_view Btf::Data::name(std::uint32_t offset) const {
  if (offset < first_name) return base->name(offset);
  if (offset - first_name >= names.size()) return {};
  const auto rest = names.substr(offset - first_name);
  return rest.substr(0, rest.find('\0'));
}

bool Btf::Data::has_member(std::uint32_t structure, std::string_view member) const {
  std::vector<std::uint32_t> open{structure};
  std::set<std::uint32_t> seen;  // hostile structures contain themselves
  while (!open.empty()) {
    const auto id = open.back();
    open.pop_back();
    const auto type = record(id);
    if (!type || !is_aggregate(type->kind()) || !seen.insert(id).second) continue;
    for (unsigned i = 0; i < type->count(); ++i) {
      const auto entry = *read_at<btf_member>(type->rest, i * sizeof(btf_member));
      const auto own = name(entry.name_off);
      if (own == member) return true;
      if (own.empty()) open.push_back(entry.type);
    }
  }
  return false;
}

Result<std::optional<Btf>> Btf::of_vmlinux(const std::filesystem::path& vmlinux) {
  BSC_TRY_ASSIGN(auto opened, MappedFile::open(vmlinux));
  const auto file = std::make_shared<const MappedFile>(std::move(opened));
  BSC_TRY_ASSIGN(const auto elf, within(vmlinux.string(), ElfFile::open(file->bytes())));
  const auto section = elf.section(".BTF");
  if (!section) return std::nullopt;
  BSC_TRY_ASSIGN(auto data, within(vmlinux.string(), Data::parse(*section, file, nullptr)));
  return Btf(std::move(data));
}

Result<std::optional<Btf>> Btf::of_module(const std::filesystem::path& module, const Btf& base) {
  BSC_TRY_ASSIGN(auto content, read_module(module));
  const auto file = std::make_shared<const std::string>(std::move(content));
  BSC_TRY_ASSIGN(const auto elf, within(module.string(), ElfFile::open(*file)));
  const auto section = elf.section(".BTF");
  if (!section) return std::nullopt;
  auto under = base.data_;
  // Modules built outside of the tree since 6.11 bring along what they need of the base.
  if (const auto own = elf.section(".BTF.base")) {
    BSC_TRY_ASSIGN(under, within(module.string(), Data::parse(*own, file, nullptr)));
  }
  BSC_TRY_ASSIGN(auto data, within(module.string(), Data::parse(*section, file, std::move(under))));
  return Btf(std::move(data));
}

bool Btf::has_function(std::string_view name) const { return data_->functions.contains(name); }

bool Btf::has_tracepoint(std::string_view name) const {
  return data_->typedefs.contains(fmt::format("btf_trace_{}", name));
}

std::optional<unsigned> Btf::parameters(std::string_view function) const {
  const auto found = data_->functions.find(function);
  if (found == data_->functions.end()) return std::nullopt;
  const auto prototype = data_->record(data_->record(found->second)->head.type);
  if (!prototype || prototype->kind() != BTF_KIND_FUNC_PROTO) return std::nullopt;
  return prototype->count();
}

bool Btf::has_member(std::string_view structure, std::string_view member) const {
  const auto [first, last] = data_->structures.equal_range(structure);
  return std::any_of(first, last,
                     [&](const auto& entry) { return data_->has_member(entry.second, member); });
}

}  // namespace bioscope::kernel
