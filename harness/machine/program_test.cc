// SPDX-License-Identifier: GPL-2.0-only
// main() of the folder's test program, which is also what the tests start again: as a guard, and
// as a process of its own to open a connection in.
#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

#include "harness/machine/connection.h"
#include "harness/machine/guardian.h"

namespace {

int open_connection(const char* uri) {
  const auto connection = bioscope::machine::Connection::open(uri, "/dev/null");
  if (connection) return 0;
  std::printf("%s\n", connection.error().text().c_str());
  return connection.error().blame == bioscope::Blame::kUsage ? 2 : 69;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == bioscope::machine::kGuardVerb)
    return bioscope::machine::guard_main(argc - 1, argv + 1);
  if (verb == "__open" && argc > 2) return open_connection(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
