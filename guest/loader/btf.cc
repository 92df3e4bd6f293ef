// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/btf.h"

#include <linux/btf.h>

#include <bitset>
#include <cstring>
#include <optional>

namespace bioscope::loader {
namespace {

// Bytes that follow the common part of a type; nothing for a kind that is not known.
std::optional<std::size_t> tail_bytes(std::uint32_t kind, std::size_t members) {
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
    case BTF_KIND_UNION: return members * sizeof(btf_member);
    case BTF_KIND_ENUM: return members * sizeof(btf_enum);
    case BTF_KIND_FUNC_PROTO: return members * sizeof(btf_param);
    case BTF_KIND_VAR: return sizeof(btf_var);
    case BTF_KIND_DATASEC: return members * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG: return sizeof(btf_decl_tag);
    case BTF_KIND_ENUM64: return members * sizeof(btf_enum64);
    default: return std::nullopt;
  }
}

template <class T>
T read_at(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The names that are wanted, behind a filter that rejects almost every other name by one byte:
// a kernel has a hundred thousand types, and the guest may be emulated.
class Names {
 public:
  Names(const BtfWanted& wanted, std::string_view base, std::string_view own)
      : wanted_(wanted), base_(base), own_(own) {
    for (const auto& [name, kind] : wanted) first_.set(static_cast<unsigned char>(name.front()));
  }

  // The name at `offset` if it is wanted as `kind`.
  std::optional<std::string_view> match(std::uint32_t offset, BtfKind kind) const {
    std::string_view from = base_;
    if (offset >= base_.size()) {
      offset -= static_cast<std::uint32_t>(base_.size());
      from = own_;
    }
    if (offset >= from.size() || !first_.test(static_cast<unsigned char>(from[offset])))
      return std::nullopt;
    // The sections end in NUL, which scan_btf has checked.
    const std::string_view name(from.data() + offset);
    const auto it = wanted_.find(name);
    if (it == wanted_.end() || it->second != kind) return std::nullopt;
    return name;
  }

 private:
  const BtfWanted& wanted_;
  std::string_view base_;
  std::string_view own_;
  std::bitset<256> first_;
};

struct Sections {
  std::string_view types;
  std::string_view strings;  // ends in NUL
};

Result<Sections> sections_of(std::string_view data) {
  if (data.size() < sizeof(btf_header) || read_at<btf_header>(data, 0).magic != BTF_MAGIC)
    return guest_error("the kernel's BTF has no header");
  const auto header = read_at<btf_header>(data, 0);
  const auto section = [&](std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t start = header.hdr_len + offset;
    return start + length <= data.size() ? data.substr(start, length) : std::string_view();
  };
  const auto types = section(header.type_off, header.type_len);
  const auto strings = section(header.str_off, header.str_len);
  if (types.size() != header.type_len || strings.size() != header.str_len ||
      (!strings.empty() && strings.back() != '\0'))
    return guest_error("the kernel's BTF is cut short");
  return Sections{types, strings};
}

std::unexpected<Error> unreadable(std::uint32_t id, std::uint32_t kind) {
  return guest_error("the kernel's BTF cannot be read from type {} on (kind {})", id, kind);
}

}  // namespace

Result<BtfBase> scan_btf(std::string_view data, const BtfBase& base, const BtfWanted& wanted,
                         BtfFound& found) {
  BSC_TRY_ASSIGN(const auto sections, sections_of(data));
  const auto& [types, strings] = sections;

  const Names names(wanted, base.strings, strings);
  std::uint32_t id = base.types;
  std::size_t at = 0;
  for (; at + sizeof(btf_type) <= types.size(); ++id) {
    const auto type = read_at<btf_type>(types, at);
    const std::uint32_t kind = BTF_INFO_KIND(type.info);
    const std::size_t members = BTF_INFO_VLEN(type.info);
    const auto tail = tail_bytes(kind, members);
    at += sizeof(btf_type);
    if (!tail || *tail > types.size() - at) return unreadable(id, kind);
    if (kind == BTF_KIND_FUNC || kind == BTF_KIND_TYPEDEF) {
      const auto what = kind == BTF_KIND_FUNC ? BtfKind::kFunction : BtfKind::kTypedef;
      if (const auto name = names.match(type.name_off, what))
        found.types.try_emplace(std::string(*name), id);
    } else if (kind == BTF_KIND_ENUM) {
      for (std::size_t i = 0; i < members; ++i) {
        const auto member = read_at<btf_enum>(types, at + i * sizeof(btf_enum));
        if (const auto name = names.match(member.name_off, BtfKind::kEnumerator))
          found.enumerators.try_emplace(std::string(*name), member.val);
      }
    }
    at += *tail;
  }
  if (at != types.size()) return guest_error("the kernel's BTF is cut short at type {}", id);
  return BtfBase{id, strings};
}

struct BtfTypes::Type {
  btf_type head;
  std::string_view tail;
};

Result<BtfTypes> BtfTypes::index(std::string_view data, const BtfTypes* base) {
  BSC_TRY_ASSIGN(const auto sections, sections_of(data));
  BtfTypes result;
  result.types_ = sections.types;
  result.strings_ = sections.strings;
  if (base != nullptr) {
    result.base_ = base;
    result.first_ = base->end();
    result.first_name_ = static_cast<std::uint32_t>(base->strings_.size());
  }
  std::size_t at = 0;
  while (at + sizeof(btf_type) <= result.types_.size()) {
    const auto type = read_at<btf_type>(result.types_, at);
    const auto tail = tail_bytes(BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info));
    if (!tail || *tail > result.types_.size() - at - sizeof(btf_type))
      return unreadable(result.end(), BTF_INFO_KIND(type.info));
    result.begins_.push_back(static_cast<std::uint32_t>(at));
    at += sizeof(btf_type) + *tail;
  }
  if (at != result.types_.size())
    return guest_error("the kernel's BTF is cut short at type {}", result.end());
  return result;
}

std::optional<BtfTypes::Type> BtfTypes::type(std::uint32_t id) const {
  if (id < first_) return base_ != nullptr ? base_->type(id) : std::nullopt;
  if (id >= end()) return std::nullopt;
  const std::size_t at = begins_[id - first_];
  return Type{read_at<btf_type>(types_, at), types_.substr(at + sizeof(btf_type))};
}

std::string_view BtfTypes::name(std::uint32_t offset) const {
  if (offset < first_name_) return base_->name(offset);
  offset -= first_name_;
  // The section ends in NUL.
  return offset < strings_.size() ? std::string_view(strings_.data() + offset) : std::string_view();
}

std::string BtfTypes::pointed_at(std::uint32_t id) const {
  constexpr int kDeepest = 16;  // hostile types refer to themselves
  bool pointer = false;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const auto found = type(id);
    if (!found) return {};
    switch (BTF_INFO_KIND(found->head.info)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG: break;
      case BTF_KIND_PTR:
        if (pointer) return {};
        pointer = true;
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_FWD: return pointer ? std::string(name(found->head.name_off)) : std::string();
      default: return {};
    }
    id = found->head.type;
  }
  return {};
}

std::optional<Prototype> BtfTypes::prototype(std::uint32_t id) const {
  const auto function = type(id);
  if (!function || BTF_INFO_KIND(function->head.info) != BTF_KIND_FUNC) return std::nullopt;
  const auto proto = type(function->head.type);
  if (!proto || BTF_INFO_KIND(proto->head.info) != BTF_KIND_FUNC_PROTO) return std::nullopt;
  Prototype result{.result = pointed_at(proto->head.type)};
  for (std::size_t i = 0; i < BTF_INFO_VLEN(proto->head.info); ++i)
    result.arguments.push_back(
        pointed_at(read_at<btf_param>(proto->tail, i * sizeof(btf_param)).type));
  return result;
}

}  // namespace bioscope::loader
