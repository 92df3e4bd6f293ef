// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/ticker.h"

#include <unistd.h>

#include <cstdio>

#include "harness/cli/place.h"

namespace bioscope::cli {

Ticker::Ticker() : live_(::isatty(STDERR_FILENO) != 0) {}

void Ticker::say(std::string_view text) {
  if (!live_) return;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
  open_ = true;
}

void Ticker::clear() {
  if (open_) fmt::print(stderr, "\r\033[K");
  open_ = false;
}

kbuild::Options Ticker::build(const Context& context, unsigned jobs) {
  return {.cache = cache(),
          .jobs = jobs,
          .stop = context.interrupted,
          .say = [this](std::string_view text) { say(fmt::format("{}: {}", what_, text)); },
          .progress =
              [this](const kbuild::Progress& progress) {
                say(fmt::format("{}: compiling, {} targets", what_, progress.targets));
              }};
}

void Ticker::started(unsigned, const std::string& scenario, unsigned trial) {
  say(fmt::format("{}: {}, trial {}", what_, scenario, trial));
}

}  // namespace bioscope::cli
