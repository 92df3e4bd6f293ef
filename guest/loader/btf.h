// SPDX-License-Identifier: GPL-2.0-only
// Kernel BTF: one pass over the raw bytes that finds the attach targets of the probes and the
// values of enumerators that CO-RE cannot relocate (their enum has no name), another that finds
// what a function takes. Never trusts the bytes. Only the loader calls this.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::loader {

// What a name must be to count.
enum class BtfKind { kFunction, kTypedef, kEnumerator };

using BtfWanted = std::unordered_map<std::string_view, BtfKind>;

struct BtfFound {
  std::map<std::string, std::uint32_t, std::less<>> types;  // the first id of each name
  std::map<std::string, std::int64_t, std::less<>> enumerators;
};

// What a module's BTF builds upon.
struct BtfBase {
  std::uint32_t types = 1;  // ids below it belong to the base; 0 is void
  std::string_view strings{};
};

// Finds what is wanted in `data`. Returns what further BTF may build upon; it refers to `data`.
Result<BtfBase> scan_btf(std::string_view data, const BtfBase& base, const BtfWanted& wanted,
                         BtfFound& found);

// What a function takes and returns: the name of the structure that a pointer points to, empty for
// anything else.
struct Prototype {
  std::vector<std::string> arguments{};
  std::string result{};
};

// Types by id. Indexing takes as long as a scan, so only plans pay for it.
class BtfTypes {
 public:
  // Both refer to `data`, and to `base`, whose types a module's go on from.
  static Result<BtfTypes> index(std::string_view data, const BtfTypes* base);
  // Nothing if `id` is no function.
  std::optional<Prototype> prototype(std::uint32_t id) const;

 private:
  struct Type;
  std::optional<Type> type(std::uint32_t id) const;
  std::string_view name(std::uint32_t offset) const;
  std::string pointed_at(std::uint32_t id) const;
  std::uint32_t end() const { return first_ + static_cast<std::uint32_t>(begins_.size()); }

  const BtfTypes* base_ = nullptr;
  std::string_view types_;
  std::string_view strings_;
  std::uint32_t first_ = 1;
  std::uint32_t first_name_ = 0;
  std::vector<std::uint32_t> begins_;
};

}  // namespace bioscope::loader
