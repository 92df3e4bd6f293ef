// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/recorder.h"

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "harness/base/file.h"
#include "harness/evidence/account.h"
#include "harness/evidence/schema.h"

namespace bioscope::run {

Result<Recorder> Recorder::create(const std::filesystem::path& guest, std::string scenario) {
  BSC_TRY_ASSIGN(Fd control,
                 open_file(guest / "control.jsonl", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND));
  return Recorder(guest, std::move(scenario), std::move(control));
}

Status Recorder::message(double seconds, const wire::ToHost& message) {
  if (const auto* hello = std::get_if<wire::Hello>(&message)) {
    info_.kernel_release = hello->release;
    info_.kernel_build_id = hello->build_id;
    const auto real = std::chrono::system_clock::now().time_since_epoch();
    info_.realtime_offset_ns = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(real).count() - static_cast<std::int64_t>(hello->uptime_ns));
  }
  if (const auto* loss = std::get_if<wire::Loss>(&message)) loss_ = *loss;
  // Heartbeats tell what the session already knows, ten times a second.
  if (std::holds_alternative<wire::Heartbeat>(message)) return {};
  return within("control.jsonl",
                write_all(control_.get(), evidence::account_line(seconds, message)));
}

Status Recorder::begin_trace() {
  if (trace_) return {};
  BSC_TRY_ASSIGN(trace_, evidence::TraceWriter::create(guest_ / "trace", info_));
  return {};
}

Status Recorder::records(std::string_view records) {
  BSC_TRY(begin_trace());
  BSC_TRY(trace_->append(records));
  for (std::size_t at = 0; at + sizeof(bsc_record) <= records.size(); ++count_) {
    std::uint32_t type = 0;
    std::memcpy(&type, records.data() + at + offsetof(bsc_record, type), sizeof(type));
    at += evidence::record_size(type);
  }
  return {};
}

Status Recorder::artifact(const wire::Artifact& artifact) {
  const bool plain = !artifact.name.empty() && artifact.name.front() != '.' &&
                     std::ranges::all_of(artifact.name, [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                     });
  if (!plain) return guest_error("the guest sent a file with an unfit name");
  return write_file(guest_ / artifact.name, artifact.content);
}

Status Recorder::finish(const evidence::Session& session, bool whole) {
  if (trace_) {
    if (loss_) {
      std::map<unsigned, std::uint64_t> per_cpu;
      for (const auto& [type, counts] : loss_->dropped)
        for (unsigned cpu = 0; cpu < counts.size(); ++cpu) per_cpu[cpu] += counts[cpu];
      for (const auto& [cpu, total] : per_cpu)
        if (total != 0) BSC_TRY(trace_->discarded(cpu, total));
    }
    BSC_TRY(whole ? trace_->close() : trace_->flush());
  }
  return write_file(guest_ / "clock", evidence::to_json(session));
}

}  // namespace bioscope::run
