// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/mail.h"

#include <fmt/core.h>

#include "harness/base/text.h"
#include "harness/report/text.h"

namespace bioscope::report {
namespace {

constexpr std::size_t kMostText = 2000;  // characters of one sentence

class Page {
 public:
  void heading(std::string_view name) { text_ += fmt::format("\n{}\n", name); }
  void paragraph(std::string_view text) { put("  ", text, 2); }
  void item(std::string_view name, std::string_view text) {
    if (!text.empty()) put(fmt::format("  {:<12} ", name), text, 15);
  }
  // As it is: commands are copied and tables lose their sense when they are wrapped.
  void line(std::string_view text) { text_ += fmt::format("  {}\n", one_line(text, kMostText)); }
  void raw(std::string_view text) { text_ += fmt::format("{}\n", one_line(text, kMostText)); }
  std::string take() { return std::move(text_); }

 private:
  void put(std::string head, std::string_view text, std::size_t indent) {
    const std::string safe = one_line(text, kMostText);
    for (const std::string& line : wrap(std::move(head), words_of(safe), indent, kMailColumns))
      text_ += line + '\n';
  }

  std::string text_;
};

}  // namespace

std::string to_mail(const Mail& mail) {
  const verdict::Finding& finding = mail.finding;
  Page page;
  page.raw(fmt::format("Subject: {}: {} in {} (Linux {})", finding.oracle, finding.kind,
                       mail.run.scenario, mail.run.kernel_release));
  page.heading("What happened");
  page.paragraph(finding.summary + ".");
  if (!mail.invariant.empty()) {
    page.heading(fmt::format("What must hold ({})", finding.oracle));
    page.paragraph(mail.invariant + ".");
  }
  page.heading("How often");
  page.paragraph(fmt::format("{} of {} trial{}; fingerprint {}", mail.seen, mail.trials,
                             mail.trials == 1 ? "" : "s", finding.fingerprint));
  if (!mail.stack.empty()) {
    page.heading("Stack of the proving event");
    for (const std::string& frame : mail.stack) page.line(frame);
  }
  if (!mail.life.empty()) {
    page.heading("The object's life");
    for (const std::string& line : mail.life) page.raw(line);
  }
  if (!mail.console.empty()) {
    page.heading("Console");
    for (const std::string& line : mail.console) page.line(line);
  }
  if (!mail.others.empty()) {
    page.heading("Other findings of this run");
    for (const std::string& other : mail.others) page.paragraph(other);
  }
  page.heading("Kernel");
  page.item("release", mail.run.kernel_release);
  page.item("source",
            mail.run.kernel_source.empty() ? mail.run.kernel_spec : mail.run.kernel_source);
  page.item("version", mail.run.kernel_version);
  page.item("variant", mail.run.kernel_variant);
  for (std::size_t i = 0; i < mail.run.kernel_patches.size(); ++i)
    page.line(fmt::format("{:<12} {}", i == 0 ? "patches" : "", mail.run.kernel_patches[i]));
  page.item("config", mail.run.kernel_config);
  page.item("build id", mail.run.kernel_build_id);
  page.item("digest", mail.run.kernel_digest);
  page.heading("Run");
  page.item("scenario", mail.run.scenario);
  page.item("accelerator", mail.run.accelerator);
  page.item("bioscope", mail.run.program);
  page.item("started", mail.run.started);
  page.item("record", mail.directory);
  if (!mail.plan.empty()) {
    page.heading("Faults that were injected");
    for (const std::string& fault : mail.plan) page.paragraph(fault);
  }
  page.heading("To see it again");
  for (const std::string& command : mail.again) page.line(command);
  return page.take();
}

}  // namespace bioscope::report
