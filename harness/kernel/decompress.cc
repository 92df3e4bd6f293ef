// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/decompress.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>

#include "harness/base/check.h"
#include "harness/base/handle.h"

namespace bioscope::kernel {
namespace {

struct Format {
  std::string_view magic;
  std::string_view name;
  int filter;
};

using namespace std::string_view_literals;

constexpr std::array kFormats{
    Format{"\x1f\x8b"sv, "gzip", ARCHIVE_FILTER_GZIP},
    Format{"BZh"sv, "bzip2", ARCHIVE_FILTER_BZIP2},
    Format{"\xfd"
           "7zXZ\0"sv,
           "xz", ARCHIVE_FILTER_XZ},
    Format{"\x28\xb5\x2f\xfd"sv, "zstd", ARCHIVE_FILTER_ZSTD},
    Format{"\x02\x21\x4c\x18"sv, "lz4", ARCHIVE_FILTER_LZ4},
    Format{"\x04\x22\x4d\x18"sv, "lz4", ARCHIVE_FILTER_LZ4},
    Format{"\x5d\0\0"sv, "lzma", ARCHIVE_FILTER_LZMA},
};

const Format* format_of(std::string_view data) {
  for (const auto& format : kFormats)
    if (data.starts_with(format.magic)) return &format;
  return nullptr;
}

constexpr std::size_t kStep = 1 << 20;

}  // namespace

std::string_view compression(std::string_view data) {
  const Format* format = format_of(data);
  return format ? format->name : std::string_view{};
}

Result<std::string> decompress(std::string_view data, std::size_t limit) {
  const Format* format = format_of(data);
  BSC_CHECK(format != nullptr);
  const Handle<archive, archive_read_free> reader(archive_read_new());
  const auto damaged = [&] {
    const char* reason = archive_error_string(reader.get());
    return usage_error("its {} data is damaged: {}", format->name,
                       reason ? reason : "it ends early");
  };
  // This filter alone: a guessing reader would also unpack what is packed inside.
  if (archive_read_append_filter(reader.get(), format->filter) != ARCHIVE_OK ||
      archive_read_support_format_raw(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), data.data(), data.size()) != ARCHIVE_OK)
    return damaged();
  archive_entry* entry = nullptr;
  if (archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) return damaged();
  std::string out;
  for (;;) {
    const std::size_t have = out.size();
    out.resize(have + kStep);
    const la_ssize_t got = archive_read_data(reader.get(), out.data() + have, kStep);
    if (got < 0) return damaged();
    out.resize(have + static_cast<std::size_t>(got));
    if (got == 0) return out;
    if (out.size() > limit)
      return usage_error("its {} data gives more than {} bytes", format->name, limit);
  }
}

}  // namespace bioscope::kernel
