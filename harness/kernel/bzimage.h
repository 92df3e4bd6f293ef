// SPDX-License-Identifier: GPL-2.0-only
// The outside of a bzImage, by the x86 boot protocol: where the compressed vmlinux lies and what
// the kernel calls itself. Takes hostile input. This folder only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::kernel {

struct BzImage {
  std::string release{};       // "6.1.0-56-amd64"; empty if the header does not say
  std::string_view payload{};  // the compressed vmlinux without the size behind it
  std::uint32_t unpacked = 0;  // that size
};

bool is_bzimage(std::string_view file);

// A usage error if the file is cut off or contradicts itself. The result looks into `file`.
Result<BzImage> parse_bzimage(std::string_view file);

// The vmlinux in it; a usage error if it is damaged. Only for a payload of a known compression.
Result<std::string> take_vmlinux(const BzImage& image);

}  // namespace bioscope::kernel
