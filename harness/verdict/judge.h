// SPDX-License-Identifier: GPL-2.0-only
// The judge: from the record of one trial to its verdict. Pure: the same record gives the same
// verdict, now or years later; nothing but the evidence given is looked at.
#pragma once

#include <functional>

#include "harness/evidence/account.h"
#include "harness/evidence/console.h"
#include "harness/evidence/ledger.h"
#include "harness/evidence/session.h"
#include "harness/evidence/symbols.h"
#include "harness/evidence/trial.h"
#include "harness/verdict/support.h"
#include "harness/verdict/verdict.h"

namespace bioscope::verdict {

// Everything that is known of one trial.
struct Evidence {
  const evidence::Trial& trial;
  const evidence::Session& session;
  const evidence::Account& account;
  const evidence::Console& console;
  const Support& support;
  // The records in order, null at the end. The ledger is complete only after that.
  std::function<const bsc_record*()> next;
  const evidence::Ledger& ledger;
  const evidence::Symbols& symbols;
};

TrialResult judge(const Evidence& evidence);

// What decides before boot: the needs that a kernel or this machine cannot meet. SKIP if
// support.toml lists the scenario, else INCONCLUSIVE; every need is named.
TrialResult judge_unmet(const evidence::Trial& trial, const std::vector<std::string>& unmet,
                        const Support& support);

}  // namespace bioscope::verdict
