// SPDX-License-Identifier: GPL-2.0-only
#include "suites/meta/setting.h"

#include <gtest/gtest.h>

#include "guest/scenario/attribute.h"

namespace bioscope_suite_meta {

using namespace bioscope;
using namespace bioscope::scenario;

Status set(Workload& w, const std::string& path, std::string_view value) {
  BSC_TRY_ASSIGN(const std::string before, read_attribute(path));
  BSC_TRY(write_attribute(path, value));
  w.cleanup([path, before] {
    const Status restored = write_attribute(path, before);
    EXPECT_TRUE(restored) << restored.error().text();
  });
  return {};
}

}  // namespace bioscope_suite_meta
