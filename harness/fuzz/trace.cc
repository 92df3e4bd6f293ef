// SPDX-License-Identifier: GPL-2.0-only
// The files of a trace: any bytes as its streams or as its metadata. The first byte chooses;
// packets may have their checksum put right, so that what lies behind it is reached too.
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>

#include "harness/base/check.h"
#include "harness/base/file.h"
#include "harness/evidence/packet.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/tsdl.h"

using namespace bioscope;

namespace {

const std::filesystem::path& directory() {
  static const std::filesystem::path path = [] {
    auto place = std::filesystem::path("/dev/shm") / ("bsc-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(place);
    return place;
  }();
  return path;
}

const struct Cleaner {
  ~Cleaner() {
    std::error_code ignored;
    std::filesystem::remove_all(directory(), ignored);
  }
} kCleaner;

std::string with_checksums(std::string bytes) {
  for (std::size_t at = 0; at + sizeof(evidence::Packet) <= bytes.size();
       at += sizeof(evidence::Packet)) {
    evidence::Packet packet;
    std::memcpy(&packet, bytes.data() + at, sizeof(packet));
    packet.checksum = evidence::checksum(packet);
    std::memcpy(bytes.data() + at, &packet, sizeof(packet));
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t how = data[0];
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string streams = bytes;
  std::string metadata = evidence::metadata({.scenario = "fuzz"});
  if ((how & 1) != 0) {
    metadata = bytes;
    streams.clear();
  }
  if ((how & 2) != 0) streams = with_checksums(std::move(streams));
  const std::size_t half = (how & 4) != 0 ? streams.size() / 2 / 4096 * 4096 : streams.size();
  BSC_CHECK(write_file(directory() / "metadata", metadata).has_value());
  BSC_CHECK(write_file(directory() / "cpu_0", streams.substr(0, half)).has_value());
  BSC_CHECK(write_file(directory() / "cpu_1", streams.substr(half)).has_value());
  auto reader = evidence::TraceReader::open(directory());
  if (!reader) return 0;
  std::uint64_t last = 0;
  while (const bsc_record* record = reader->next()) {
    BSC_CHECK(record->order > last);
    BSC_CHECK(evidence::record_size(record->type) != 0);
    last = record->order;
  }
  static_cast<void>(reader->ledger().reasons());
  return 0;
}
