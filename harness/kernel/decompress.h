// SPDX-License-Identifier: GPL-2.0-only
// Compressed data of kernels and modules: one stream, told by its magic, of gzip, bzip2, lzma, xz,
// zstd or lz4 (legacy frames too). Takes hostile input; the output is bounded. This folder only.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace bioscope::kernel {

// "xz", or empty if this is not compressed data that decompress() takes.
std::string_view compression(std::string_view data);

// The whole stream. A usage error if it is damaged, ends early or gives more than `limit` bytes.
Result<std::string> decompress(std::string_view data, std::size_t limit);

}  // namespace bioscope::kernel
