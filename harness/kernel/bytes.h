// SPDX-License-Identifier: GPL-2.0-only
// Little-endian values out of bytes that nobody vouches for. This folder only.
#pragma once

#include <concepts>
#include <cstring>
#include <optional>
#include <string_view>

namespace bioscope::kernel {

template <class T>
  requires std::is_trivially_copyable_v<T>
std::optional<T> read_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Nothing if it does not lie wholly inside.
inline std::optional<std::string_view> slice(std::string_view bytes, std::size_t offset,
                                             std::size_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return std::nullopt;
  return bytes.substr(offset, size);
}

}  // namespace bioscope::kernel
