// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/bzimage.h"

#include "harness/kernel/bytes.h"
#include "harness/kernel/decompress.h"
#include "harness/kernel/release.h"

namespace bioscope::kernel {
namespace {

// Offsets of the setup header (Documentation/arch/x86/boot.rst).
constexpr std::size_t kSetupSectors = 0x1f1;
constexpr std::size_t kSystemSize = 0x1f4;  // of what follows the setup code, in 16 bytes
constexpr std::size_t kBootFlag = 0x1fe;
constexpr std::size_t kMagic = 0x202;
constexpr std::size_t kProtocol = 0x206;
constexpr std::size_t kVersionString = 0x20e;  // counted from 0x200
constexpr std::size_t kPayloadOffset = 0x248;  // counted from the end of the setup code
constexpr std::size_t kPayloadLength = 0x24c;

constexpr std::size_t kSector = 512;
constexpr std::uint32_t kLargest = 1U << 30;  // no kernel unpacks to a gigabyte

std::string release_of(std::string_view setup) {
  const auto offset = read_at<std::uint16_t>(setup, kVersionString);
  if (!offset || *offset == 0 || *offset + 0x200U >= setup.size()) return {};
  const auto text = setup.substr(*offset + 0x200U);
  const auto release = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  return is_release(release) ? std::string(release) : std::string();
}

}  // namespace

bool is_bzimage(std::string_view file) {
  return read_at<std::uint16_t>(file, kBootFlag) == 0xaa55 &&
         slice(file, kMagic, 4) == std::string_view("HdrS");
}

Result<BzImage> parse_bzimage(std::string_view file) {
  const auto protocol = read_at<std::uint16_t>(file, kProtocol);
  const auto offset = read_at<std::uint32_t>(file, kPayloadOffset);
  const auto length = read_at<std::uint32_t>(file, kPayloadLength);
  if (!protocol || !offset || !length) return usage_error("it ends within the setup header");
  if (*protocol < 0x208)
    return usage_error(
        "its boot protocol {}.{:02} is older than 2.08 and does not tell where "
        "vmlinux lies; give the vmlinux",
        *protocol >> 8, *protocol & 0xff);
  std::size_t sectors = *read_at<std::uint8_t>(file, kSetupSectors);
  if (sectors == 0) sectors = 4;  // so says the protocol
  const std::size_t setup = (sectors + 1) * kSector;
  const std::size_t system = std::size_t{*read_at<std::uint32_t>(file, kSystemSize)} * 16;
  if (file.size() < setup || file.size() - setup + 15 < system)
    return usage_error("it is cut off: {} bytes of {}", file.size(), setup + system);
  const auto payload = slice(file.substr(setup), *offset, *length);
  if (!payload || payload->size() < 8)
    return usage_error("its header puts vmlinux at {} + {} bytes, outside of the file",
                       setup + *offset, *length);
  BzImage image{.release = release_of(file.substr(0, setup)),
                .payload = *payload,
                .unpacked = *read_at<std::uint32_t>(*payload, payload->size() - 4)};
  // gzip's own trailer is that size; all others have it appended.
  if (compression(*payload) != "gzip") image.payload.remove_suffix(4);
  return image;
}

Result<std::string> take_vmlinux(const BzImage& image) {
  if (image.unpacked > kLargest)
    return usage_error("its header promises a vmlinux of {} bytes", image.unpacked);
  BSC_TRY_ASSIGN(auto vmlinux, decompress(image.payload, image.unpacked));
  if (vmlinux.size() != image.unpacked)
    return usage_error("its vmlinux has {} bytes instead of {}", vmlinux.size(), image.unpacked);
  return vmlinux;
}

}  // namespace bioscope::kernel
