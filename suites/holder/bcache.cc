// SPDX-License-Identifier: GPL-2.0-only
#include "suites/holder/bcache.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "guest/scenario/attribute.h"
#include "guest/scenario/buffer.h"

namespace bioscope_suite_holder {

using namespace bioscope::scenario;
using bioscope::Fd;
using bioscope::Result;
using bioscope::Status;

namespace {

using Uuid = std::array<std::uint8_t, 16>;

constexpr std::uint64_t kSuperSector = 8;
constexpr std::uint64_t kBacking = 1;  // versions
constexpr std::uint64_t kCache = 3;
constexpr std::uint16_t kBlockSectors = 8;
constexpr std::uint16_t kBucketSectors = 128;
constexpr Uuid kMagic{0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca,
                      0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81};

// As it lies on the disk, little-endian, up to the list of journal buckets, which stays empty.
struct Super {
  std::uint64_t checksum = 0;
  std::uint64_t sector = kSuperSector;
  std::uint64_t version = 0;
  Uuid magic = kMagic;
  Uuid uuid{};
  Uuid set{};
  char label[32] = {};
  std::uint64_t flags = 0;
  std::uint64_t sequence = 0;
  std::uint64_t features[3] = {};
  std::uint64_t padding[5] = {};
  std::uint64_t buckets = 0;  // of a backing device: the sector at which its data begin
  std::uint16_t block_sectors = kBlockSectors;
  std::uint16_t bucket_sectors = kBucketSectors;
  std::uint16_t caches_in_set = 1;
  std::uint16_t number_in_set = 0;
  std::uint32_t last_mount = 0;
  std::uint16_t first_bucket = 1;
  std::uint16_t journal_buckets = 0;
};
static_assert(sizeof(Super) == 208 && offsetof(Super, buckets) == 184);

// CRC-64 of ECMA-182, most significant bit first, inverted before and after.
std::uint64_t checksum(const Super& super) {
  constexpr std::uint64_t kPolynomial = 0x42f0e1eba9ea3693;
  std::array<std::uint8_t, sizeof(Super)> bytes;
  std::memcpy(bytes.data(), &super, sizeof super);
  std::uint64_t crc = ~std::uint64_t{0};
  for (std::size_t at = sizeof super.checksum; at < bytes.size(); ++at) {
    crc ^= std::uint64_t{bytes[at]} << 56;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ (crc >> 63 != 0 ? kPolynomial : 0);
  }
  return ~crc;
}

Result<Uuid> new_uuid(std::string& text) {
  BSC_TRY_ASSIGN(text, read_attribute("/proc/sys/kernel/random/uuid"));
  Uuid uuid{};
  std::size_t digits = 0;
  for (const char character : text) {
    if (character == '-' || digits == 2 * uuid.size()) continue;
    const int value = character <= '9' ? character - '0' : character - 'a' + 10;
    uuid[digits / 2] = static_cast<std::uint8_t>(uuid[digits / 2] << 4 | value);
    ++digits;
  }
  return uuid;
}

Status put(const BlockDevice& disk, Super super) {
  super.checksum = checksum(super);
  BSC_TRY_ASSIGN(const Fd fd, open_disk(disk));
  BSC_TRY_ASSIGN(Buffer buffer, Buffer::allocate(kSuperSector * kSectorBytes));
  const auto bytes = buffer.all();
  std::memset(bytes.data(), 0, bytes.size());
  std::memcpy(bytes.data(), &super, sizeof super);
  if (::pwrite(fd.get(), bytes.data(), bytes.size(), kSuperSector * kSectorBytes) !=
      static_cast<ssize_t>(bytes.size()))
    return guest_os_error(errno, "bcache: cannot write a superblock to {}", disk.name);
  return flush_and_drop_cache(fd);
}

}  // namespace

Status format_backing(const BlockDevice& disk) {
  std::string text;
  Super super{.version = kBacking};
  BSC_TRY_ASSIGN(super.uuid, new_uuid(text));
  return put(disk, super);
}

Result<std::string> format_cache(const BlockDevice& disk) {
  std::string text;
  Super super{.version = kCache, .buckets = disk.sectors / kBucketSectors};
  BSC_TRY_ASSIGN(super.uuid, new_uuid(text));
  BSC_TRY_ASSIGN(super.set, new_uuid(text));
  BSC_TRY(put(disk, super));
  return text;
}

Status register_bcache(const BlockDevice& disk) {
  return write_attribute("/sys/fs/bcache/register", disk.path);
}

}  // namespace bioscope_suite_holder
