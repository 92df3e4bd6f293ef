// SPDX-License-Identifier: GPL-2.0-only
// Ticker: one line of a terminal on standard error that tells what a long campaign is at; nothing
// where there is no terminal. What people want to keep goes to standard output by itself.
#pragma once

#include <string>
#include <string_view>

#include "harness/cli/verb.h"
#include "harness/kbuild/build.h"
#include "harness/run/runner.h"

namespace bioscope::cli {

class Ticker final : public run::Observer {
 public:
  Ticker();
  ~Ticker() override { clear(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  void say(std::string_view text);
  void clear();
  // What it is at stands before the scenario's name.
  void at(std::string what) { what_ = std::move(what); }

  // Options for builds whose steps this shows.
  kbuild::Options build(const Context& context, unsigned jobs);

  void planned(std::size_t) override {}
  void started(unsigned, const std::string& scenario, unsigned trial) override;
  void heard(unsigned, const wire::ToHost&) override {}
  void kept(const std::filesystem::path&, const std::filesystem::path&) override {}
  void finished(unsigned, const std::string&, const verdict::TrialResult&) override {}

 private:
  const bool live_;
  bool open_ = false;
  std::string what_{};
};

}  // namespace bioscope::cli
