// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/machine.h"

#include "harness/base/check.h"

namespace bioscope::machine {

std::string_view name(Accelerator accelerator) {
  switch (accelerator) {
    case Accelerator::kTcg: return "tcg";
    case Accelerator::kKvm: return "kvm";
  }
  BSC_CHECK(!"an accelerator without a name");
}

}  // namespace bioscope::machine
