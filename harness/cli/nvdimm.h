// SPDX-License-Identifier: GPL-2.0-only
// What the verbs of `bioscope nvdimm` share: each is one file.
#pragma once

#include <nlohmann/json.hpp>

#include "harness/cli/verb.h"
#include "harness/nvdimm/btt_check.h"

namespace bioscope::cli {

nlohmann::json inconsistency_to_json(const nvdimm::Inconsistency& found);

void add_nvdimm_crash(CLI::App& nvdimm, const Context& context, Action& action);

}  // namespace bioscope::cli
