// SPDX-License-Identifier: GPL-2.0-only
// Recorder: puts what comes from a guest into its folder of the run directory while it comes, so
// that nothing is lost when the guest, the worker or the runner dies. Judges nothing.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "guest/wire/frame.h"
#include "guest/wire/message.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/evidence/session.h"
#include "harness/evidence/trace_writer.h"

namespace bioscope::run {

class Recorder {
 public:
  // `guest` is guests/G of a run directory and exists.
  static Result<Recorder> create(const std::filesystem::path& guest, std::string scenario);

  Status message(double seconds, const wire::ToHost& message);
  // Whole records. The trace begins with the first.
  Status records(std::string_view records);
  // A file of the guest's, under its own name: "kallsyms", "modules".
  Status artifact(const wire::Artifact& artifact);
  // Ends the trace; only if `whole` it says that nothing is missing at its end.
  Status finish(const evidence::Session& session, bool whole);

  std::uint64_t count() const { return count_; }  // of records
  // Whether all that the guest says it sent has come; it says so on the other channel.
  bool has_all() const { return loss_ && count_ >= loss_->records; }

 private:
  Recorder(std::filesystem::path guest, std::string scenario, Fd control)
      : guest_(std::move(guest)), control_(std::move(control)) {
    info_.scenario = std::move(scenario);
  }
  Status begin_trace();

  std::filesystem::path guest_;
  Fd control_;
  evidence::TraceInfo info_;
  std::optional<evidence::TraceWriter> trace_;
  std::optional<wire::Loss> loss_;
  std::uint64_t count_ = 0;
};

}  // namespace bioscope::run
