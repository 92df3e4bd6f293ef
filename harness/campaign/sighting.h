// SPDX-License-Identifier: GPL-2.0-only
// Sightings: whether a trial showed one finding, known by its oracle and fingerprint; or whether it
// could not say. Pure.
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/plan/chance.h"
#include "harness/run/manifest.h"
#include "harness/verdict/verdict.h"

namespace bioscope::campaign {

struct Signature {
  std::string oracle{};
  std::string fingerprint{};
  auto operator<=>(const Signature&) const = default;
};

Signature signature(const verdict::Finding& finding);

bool matches(const verdict::Finding& finding, const Signature& wanted);

// "bio_lifetime/94701a11b4b4cd06", as reports write it, or the fingerprint alone: then a failure
// for another reason is not asked whether its oracle was judged. An empty text is an empty
// signature.
Result<Signature> parse_signature(std::string_view text);

// A usage error if the oracle that it names judges none of these scenarios.
Status check_signature(const Signature& wanted, std::span<const run::ScenarioInfo> scenarios);

// True: it is there. False: its oracle was judged and did not find it. Nothing: the trial says
// nothing of it (INFRA, INCONCLUSIVE, SKIP; its oracle was unjudged; the guest came to another
// end).
std::optional<bool> sighted(const verdict::TrialResult& trial, const Signature& wanted);

// Of the trials that say something; of a trial that was run again the last attempt.
plan::Count count(std::span<const verdict::TrialResult> trials, const Signature& wanted);

// Trials that passed, of those that passed or failed.
plan::Count count_passed(std::span<const verdict::TrialResult> trials);

}  // namespace bioscope::campaign
