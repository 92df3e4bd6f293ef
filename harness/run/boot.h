// SPDX-License-Identifier: GPL-2.0-only
// Boot: one machine with its worker, from its start to the last of the trials that come in it. It
// belongs to the thread that started it: the worker dies with that.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

#include "guest/wire/message.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/machine/guardian.h"
#include "harness/machine/root.h"
#include "harness/run/job.h"

namespace bioscope::run {

class Boot {
 public:
  // `program` is this program. The job's machine lives in `root`, and its first trial is the job's.
  static Result<std::unique_ptr<Boot>> start(machine::Root root, Job job,
                                             const std::filesystem::path& program,
                                             machine::Isolation isolation);

  enum class State {
    kEnded,  // or is about to
    kKept,   // the machine stands still until end()
    kRests,  // its guest waits for another trial
  };
  // Passes on what the guest says until the trial is over; kills the worker when the user has had
  // enough.
  State listen(const std::stop_token& stop, const std::function<void(const wire::ToHost&)>& heard);

  // Another trial, recorded in `guest`, if it rests. False if its worker is gone meanwhile: then
  // `guest` is as it was, fit for another boot.
  Result<bool> next(const wire::Start& start, const std::filesystem::path& guest);

  // Lets go of the machine; the worker's exit code when all of it is gone.
  int end();

  const Job& job() const { return job_; }

 private:
  Boot(machine::Root root, Job job, machine::Guarded worker, Fd words, Fd lifeline)
      : root_(std::move(root)),
        job_(std::move(job)),
        worker_(std::move(worker)),
        words_(std::move(words)),
        lifeline_(std::move(lifeline)) {}

  machine::Root root_;
  Job job_;
  machine::Guarded worker_;
  Fd words_;     // from the worker
  Fd lifeline_;  // to it
  std::string heard_;
  State state_ = State::kRests;
};

}  // namespace bioscope::run
