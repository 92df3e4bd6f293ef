// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/vmlinux.h"

#include "harness/kernel/decompress.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/elf_file.h"
#include "harness/kernel/release.h"

namespace bioscope::kernel {
namespace {

constexpr std::uint32_t kBuildId = 3;    // NT_GNU_BUILD_ID
constexpr std::uint32_t kPvhEntry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
constexpr std::string_view kBanner = "Linux version ";
constexpr std::string_view kConfigStart = "IKCFG_ST";
constexpr std::string_view kConfigEnd = "IKCFG_ED";
constexpr std::size_t kLargestConfig = 16 << 20;

// Formats of the same words hold no release; the banner proper does.
std::string banner_release(std::string_view bytes) {
  for (auto at = bytes.find(kBanner); at != std::string_view::npos;
       at = bytes.find(kBanner, at + 1)) {
    const auto text = bytes.substr(at + kBanner.size(), 128);
    const auto release = text.substr(0, text.find(' '));
    if (release.size() < text.size() && is_release(release)) return std::string(release);
  }
  return {};
}

}  // namespace

Result<Vmlinux> parse_vmlinux(std::string_view bytes) {
  BSC_TRY_ASSIGN(const auto elf, ElfFile::open(bytes));
  if (elf.type() == ET_REL) return usage_error("it is an object file or a module, not a kernel");
  Vmlinux result{.release = banner_release(bytes),
                 .build_id = hex(elf.note("GNU", kBuildId).value_or("")),
                 .pvh = elf.note("Xen", kPvhEntry).has_value()};
  if (elf.type() != ET_EXEC || result.release.empty())
    return usage_error("it is an ELF file, but no Linux kernel (no \"Linux version\" in it)");
  return result;
}

std::optional<std::string> embedded_config(std::string_view bytes) {
  const auto start = bytes.find(kConfigStart);
  if (start == std::string_view::npos) return std::nullopt;
  const auto rest = bytes.substr(start + kConfigStart.size());
  const auto packed = rest.substr(0, std::min(rest.find(kConfigEnd), kLargestConfig));
  if (compression(packed) != "gzip") return std::nullopt;
  auto text = decompress(packed, kLargestConfig);
  if (!text) return std::nullopt;
  return std::move(*text);
}

}  // namespace bioscope::kernel
