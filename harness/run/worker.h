// SPDX-License-Identifier: GPL-2.0-only
// Worker: the process that holds one machine. Reads its job, watches the guest, records; tells the
// runner on a pipe what the guest says, one message a line. Started only by the runner.
#pragma once

namespace bioscope::run {

inline constexpr char kWorkerVerb[] = "__worker";
inline constexpr char kKeptLine[] = "kept";    // its last line, if its machine stays
inline constexpr char kRestsLine[] = "rests";  // a trial is over, and its guest may have another
inline constexpr int kUsageCode = 2;           // its exit code if the user can mend what went wrong

// main() of the worker: `__worker JOB PIPE LIFELINE`, two descriptors: what it hears goes into one.
// A machine that is kept, or that rests, stays until the other is closed; one that rests has the
// next trial of the job that is named there, a path a line.
int worker_main(int argc, char** argv);

}  // namespace bioscope::run
