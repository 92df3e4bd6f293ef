// SPDX-License-Identifier: GPL-2.0-only
// OwnModule: a kernel module of the user's own, on its way from the command line into the guest,
// and into the run directory, so that a replay has what the trial had.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/evidence/run_directory.h"
#include "harness/evidence/trial.h"

namespace bioscope::run {

struct OwnModule {
  std::filesystem::path file{};
  std::string name{};  // as the kernel calls it
  std::string parameters{};
};

// As the guest is told of it: "/modules/mine.ko size=8", below the file's place there.
std::string request(const OwnModule& module);
std::string guest_path(const OwnModule& module);

// Copies them to RUN/modules.
Status keep(const std::vector<OwnModule>& modules, const evidence::RunDirectory& directory);
// How a trial's plan names a module that is kept so, and back.
std::string kept_as(const OwnModule& module);
std::vector<OwnModule> kept_modules(const evidence::Trial& trial,
                                    const evidence::RunDirectory& directory);

}  // namespace bioscope::run
