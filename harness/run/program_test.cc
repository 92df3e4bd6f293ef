// SPDX-License-Identifier: GPL-2.0-only
// main() of the folder's test program, which is also what a guarded worker is started by.
#include <gtest/gtest.h>

#include <csignal>
#include <string_view>

#include "harness/machine/guardian.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == bioscope::machine::kGuardVerb)
    return bioscope::machine::guard_main(argc - 1, argv + 1);
  std::signal(SIGPIPE, SIG_IGN);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
