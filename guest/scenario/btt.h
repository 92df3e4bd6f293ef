// SPDX-License-Identifier: GPL-2.0-only
// BttNamespace: the namespace of one NVDIMM, taken through the modes that libnvdimm has for it: by
// a block translation table (sector mode, /dev/pmemNs), forced raw, or with pages that a file
// system may map (fsdax). A table's handle (bttN.M) is a device of its own, which is there before
// it has a namespace. Table on the medium: read_table(). Needs "nvdimm:32" or more (a table is at
// least 16 MiB), "module:nfit", "module:nd_pmem" and "module:nd_btt".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guest/scenario/disk.h"

namespace bioscope::scenario {

// What a table takes as its sector size: data, and what it keeps beside it.
inline constexpr unsigned kBttSizes[] = {512, 520, 528, 4096, 4104, 4160, 4224};

class BttNamespace {
 public:
  // The namespace alone, of the whole region, without a driver. Given back in a cleanup.
  static Result<std::shared_ptr<BttNamespace>> find(Workload& workload, unsigned region = 0);

  const std::string& name() const { return name_; }  // "namespace0.0"
  // The handle that has it, "btt0.1", or is to have it; empty before.
  const std::string& handle() const { return handle_; }

  // The region's free handle, with a size and a UUID of its own and without a namespace.
  Result<std::string> free_handle(unsigned sector_size);
  // What `handle` says of itself: the namespace that it has taken, or nothing.
  Result<std::string> taken_by(const std::string& handle) const;
  Status take(const std::string& handle);  // the handle takes the namespace; no driver yet

  // All of it: a free handle takes the namespace and gets its driver. A table that is on the medium
  // stays, else one is laid out.
  Result<BlockDevice> attach(unsigned sector_size = 4096);
  Status unbind();             // the driver leaves the handle; the disk is gone
  Result<BlockDevice> bind();  // and comes back
  Status give_back();          // driver and handle leave the namespace
  Result<BlockDevice> raw();   // its bytes as a disk, whatever is on them
  Status end_raw();
  // A handle of the pfn kind takes it, with its pages described in RAM.
  Result<BlockDevice> fsdax();
  Status end_fsdax();
  Status forget();  // neither a table nor a pfn handle's block is on it any more
  // The bus found the table that is on it and made a handle for it: that is this one's now.
  Status found_again();
  // The same, if the bus found one as it scanned; whether it did.
  Result<bool> found_at_boot();

 private:
  BttNamespace(Host& host, unsigned region);
  std::string device(std::string_view device) const;

  Host& host_;
  unsigned region_;
  std::string name_;
  std::string handle_;
  std::string pfn_;
  bool bound_ = false;
  bool raw_ = false;
};

// The one arena of a table, as its info block says it. Offsets in the namespace.
struct BttTable {
  std::uint32_t sector_size = 0;
  std::uint32_t lbas = 0;
  std::uint32_t block_size = 0;
  std::uint32_t blocks = 0;
  std::uint32_t lanes = 0;
  std::uint64_t data = 0;
  std::uint64_t map = 0;
  std::uint64_t log = 0;
};

Result<BttTable> read_table(const BlockDevice& raw);

// Bytes of a disk, whatever their place and length.
Result<std::vector<std::uint8_t>> read_bytes(const BlockDevice& disk, std::uint64_t offset,
                                             std::size_t size);
Status write_bytes(const BlockDevice& disk, std::uint64_t offset,
                   const std::vector<std::uint8_t>& bytes);

}  // namespace bioscope::scenario
