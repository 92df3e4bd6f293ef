// SPDX-License-Identifier: GPL-2.0-only
// What a person sees: progress while trials run (one line per machine on a terminal, plain lines
// elsewhere), then the table of verdicts; under each that is no PASS its first finding, its
// directory and its replay command. Colours only on a terminal and without NO_COLOR.
#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <span>
#include <string>

#include <fmt/format.h>

#include "guest/wire/message.h"
#include "harness/run/runner.h"
#include "harness/verdict/verdict.h"

namespace bioscope::report {

class Terminal final : public run::Observer {
 public:
  explicit Terminal(std::FILE* out);
  ~Terminal() override;

  void planned(std::size_t trials) override;
  void started(unsigned machine, const std::string& scenario, unsigned trial) override;
  void heard(unsigned machine, const wire::ToHost& message) override;
  void kept(const std::filesystem::path& guest, const std::filesystem::path& gdb) override;
  void finished(unsigned machine, const std::string& scenario,
                const verdict::TrialResult& result) override;
  void summary(std::span<const verdict::RunResult> runs);

 private:
  struct Machine {
    std::string scenario{};
    unsigned trial = 0;
    std::string step{};
    std::uint64_t progress = 0;
    std::chrono::steady_clock::time_point since{};
  };

  // To a reader that may have left, which is no reason to stop what runs.
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    const auto text = fmt::format(format, std::forward<Args>(args)...);
    std::fwrite(text.data(), 1, text.size(), out_);
  }
  void clear();
  void redraw();
  void table(std::span<const verdict::RunResult> runs);
  void explain(const verdict::RunResult& run);
  void list_retries(const verdict::RunResult& run);
  std::string coloured(std::string_view text, verdict::Verdict verdict) const;

  std::FILE* out_;
  bool live_;
  bool colour_;
  std::size_t planned_ = 0;
  std::size_t done_ = 0;
  std::size_t drawn_ = 0;  // lines of progress on the screen
  std::chrono::steady_clock::time_point last_draw_{};
  std::map<unsigned, Machine> machines_;
};

}  // namespace bioscope::report
