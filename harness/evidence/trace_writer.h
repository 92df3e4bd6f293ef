// SPDX-License-Identifier: GPL-2.0-only
// TraceWriter: records into a CTF 1.8 trace, one file per CPU. Whatever was flushed stays readable
// by babeltrace2 and by TraceReader, even if the writer is killed; only close() says that a stream
// is whole. Records are checked, never changed, but for a time that goes back. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/evidence/tsdl.h"

namespace bioscope::evidence {

class TraceWriter {
 public:
  // Makes the directory and its metadata. A usage error if it holds a trace already.
  static Result<TraceWriter> create(const std::filesystem::path& directory, TraceInfo info);

  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;
  ~TraceWriter();  // flushes as far as it can; the streams stay open

  // Whole records in ring order, `order` set. Records in front of a bad one are kept; the error
  // (Blame::kGuest) names the bad one. After an error of the host nothing more is written.
  Status append(std::string_view records);

  // The guest dropped `total` records on this CPU so far.
  Status discarded(unsigned cpu, std::uint64_t total);

  // Writes out what is gathered.
  Status flush();

  // Flushes and marks every stream as whole. Nothing may be appended afterwards.
  Status close();

  const TraceInfo& info() const { return info_; }

 private:
  class Stream;

  TraceWriter(std::filesystem::path directory, TraceInfo info);
  Result<Stream*> stream(unsigned cpu);
  Status put(std::string_view record, const bsc_record& head);
  Status keep(Status status);

  std::filesystem::path directory_;
  TraceInfo info_;
  std::vector<std::unique_ptr<Stream>> streams_;  // by CPU; null until its first record
  std::uint64_t order_ = 0;                       // of the last record
  std::uint64_t time_ = 0;
  std::optional<Error> failure_;  // the first; it stands
};

}  // namespace bioscope::evidence
