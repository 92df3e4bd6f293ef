// SPDX-License-Identifier: GPL-2.0-only
// From the record of a trial to the stores that crash images are made of. A scenario keeps what its
// NVDIMM holds as "base" and later as "last" (keep_nvdimm); what was written between is the
// history, complete or refused: each byte of it is in the record (probe btt_bytes).
#pragma once

#include <memory>
#include <string_view>

#include <bioscope/event.h>

#include "harness/nvdimm/crash_images.h"

namespace bioscope::nvdimm {

// Marks around the host's copying, by label; see guest/scenario/nvdimm.h.
inline constexpr std::string_view kKeepBase = "keep base";
inline constexpr std::string_view kKeptBase = "kept base";
inline constexpr std::string_view kKeepLast = "keep last";

struct RecordedStores {
  StoreHistory history{};
  std::uint64_t first = 0;  // orders of the marks between which it lies
  std::uint64_t last = 0;
};

class StoreReader {
 public:
  StoreReader();
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;
  ~StoreReader();

  void see(const bsc_record& record);
  // A usage error says what is missing or does not fit.
  Result<RecordedStores> finish();

 private:
  class Reading;
  std::unique_ptr<Reading> reading_;
};

}  // namespace bioscope::nvdimm
