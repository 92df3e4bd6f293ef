// SPDX-License-Identifier: GPL-2.0-only
// Bytes of an NVDIMM at rest: a file, or memory in tests and crash images. Reading only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::nvdimm {

class Bytes {
 public:
  virtual ~Bytes() = default;
  virtual std::uint64_t size() const = 0;
  // All of `into`; an error if it does not lie within the bytes.
  virtual Status read(std::uint64_t offset, std::span<std::uint8_t> into) const = 0;
  // The first offset from `offset` on that may hold something else than zeroes; size() if none.
  virtual std::uint64_t next_data(std::uint64_t offset) const = 0;
};

// A regular file, however sparse. A usage error if it cannot be read.
Result<std::unique_ptr<Bytes>> open_bytes(const std::filesystem::path& path);

class MemoryBytes final : public Bytes {
 public:
  explicit MemoryBytes(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status read(std::uint64_t offset, std::span<std::uint8_t> into) const override;
  std::uint64_t next_data(std::uint64_t offset) const override { return offset; }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

// Little-endian numbers, as all of NVDIMM's structures are.
template <class T>
T load(std::span<const std::uint8_t> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | bytes[offset + i]);
  return value;
}

}  // namespace bioscope::nvdimm
