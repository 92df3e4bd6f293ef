// SPDX-License-Identifier: GPL-2.0-only
// TraceReader: a trace's records in ring order, out of mapped files. It trusts no byte of them:
// whatever is wrong goes into the ledger and reading goes on behind it. Records are valid as long
// as the reader lives; the files must not shrink meanwhile. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "harness/base/result.h"
#include "harness/evidence/ledger.h"
#include "harness/evidence/tsdl.h"

namespace bioscope::evidence {

class TraceReader {
 public:
  // The records of `range`. A usage error if the directory is no trace of ours; damage behind the
  // metadata is no error but the ledger's business.
  static Result<TraceReader> open(const std::filesystem::path& directory, OrderRange range = {});

  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  // The next record, orders strictly rising; null at the end.
  const bsc_record* next();

  // As far as the records were read. Holes may still close until next() has returned null.
  Ledger& ledger() { return ledger_; }
  const TraceInfo& info() const { return info_; }

 private:
  class Stream;

  TraceReader(TraceInfo info, OrderRange range);
  void add(const std::filesystem::path& path);
  void choose();

  TraceInfo info_;
  OrderRange range_;
  Ledger ledger_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Stream* current_ = nullptr;  // has the lowest order; null at the end
  std::uint64_t limit_ = 0;    // the lowest order of the others
  std::uint64_t order_ = 0;    // of the last record
};

}  // namespace bioscope::evidence
