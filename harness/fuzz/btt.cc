// SPDX-License-Identifier: GPL-2.0-only
// Block translation tables. What lies where an info block would be gets a good checksum, or no
// damage would reach the reader.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "harness/base/check.h"
#include "harness/nvdimm/btt_check.h"

using namespace bioscope;

namespace {

void seal(std::vector<std::uint8_t>& bytes, std::uint64_t offset) {
  constexpr std::string_view kSignature{"BTT_ARENA_INFO\0\0", 16};
  if (offset > bytes.size() || bytes.size() - offset < nvdimm::kInfoBytes) return;
  const auto block = std::span(bytes).subspan(offset, nvdimm::kInfoBytes);
  std::ranges::copy(kSignature, block.begin());
  const auto sum = nvdimm::fletcher64(block);
  for (unsigned i = 0; i < 8; ++i)
    block[nvdimm::kInfoBytes - 8 + i] = static_cast<std::uint8_t>(sum >> (8 * i));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  seal(bytes, 0);
  if (const auto info = nvdimm::parse_info(
          std::span(bytes).first(std::min<std::size_t>(bytes.size(), nvdimm::kInfoBytes))))
    seal(bytes, info->copy);
  const auto check = nvdimm::check_btt(nvdimm::MemoryBytes(std::move(bytes)));
  if (check) BSC_CHECK(check->found.size() <= nvdimm::kMostFound);
  return 0;
}
