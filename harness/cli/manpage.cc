// SPDX-License-Identifier: GPL-2.0-only
// bioscope manpage: the manual page in man(7), out of the definition of the command line.
#include "bioscope_version.h"
#include "harness/cli/verb.h"

namespace bioscope::cli {
namespace {

// A backslash begins an escape, a dot or a quote at a line's start a request; a plain - is a
// hyphen.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else if (c == '\n')
      result += ' ';
    else
      result += c;
  }
  if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
  return result;
}

void print_options(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_lnames().empty() && option->get_snames().empty()) continue;
    std::string names;
    for (const std::string& name : option->get_snames()) names += ", \\-" + escaped(name);
    for (const std::string& name : option->get_lnames()) names += ", \\-\\-" + escaped(name);
    fmt::print(".TP\n\\fB{}\\fR", names.substr(2));
    if (option->get_expected_max() > 0) fmt::print(" \\fI{}\\fR", escaped(option->get_type_name()));
    fmt::print("\n{}", escaped(option->get_description()));
    if (!option->get_default_str().empty())
      fmt::print(" (default: {})", escaped(option->get_default_str()));
    fmt::print("\n");
  }
}

std::string words(const CLI::App& verb) {
  std::string text;
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name =
        option->get_name(true, false) + (option->get_expected_max() > 1 ? "..." : "");
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

void print_verb(const CLI::App& verb, const std::string& before) {
  const std::string name = before + " " + verb.get_name();
  fmt::print(".SS \"{}{}\"\n{}\n", escaped(name), escaped(words(verb)),
             escaped(verb.get_description()));
  print_options(verb);
  for (const CLI::App* next : verb.get_subcommands({})) print_verb(*next, name);
}

Result<int> execute(const CLI::App& app) {
  fmt::print(".TH BIOSCOPE 1 \"\" \"bioscope {}\" \"User Commands\"\n", kVersion);
  fmt::print(".SH NAME\nbioscope \\- {}\n", escaped(app.get_description()));
  fmt::print(".SH SYNOPSIS\n.B bioscope\n\\fIVERB\\fR [\\fIOPTION\\fR]...\n.SH VERBS\n");
  for (const CLI::App* verb : app.get_subcommands({})) print_verb(*verb, "bioscope");
  fmt::print(
      ".SH EXIT STATUS\n"
      ".TP\n0\nPASS: every oracle satisfied, the evidence complete, every witness seen\n"
      ".TP\n1\nFAIL: at least one finding that stands on the evidence\n"
      ".TP\n2\na wrong command line, or what its user can mend\n"
      ".TP\n3\nINCONCLUSIVE: something did not happen or was lost\n"
      ".TP\n69\nINFRA: the machine, the build or the set\\-up failed\n"
      ".TP\n77\nSKIP: nothing ran\n"
      ".TP\n130\ninterrupted\n");
  return 0;
}

}  // namespace

void add_manpage(CLI::App& app, const Context&, Action& action) {
  CLI::App* verb = app.add_subcommand("manpage", "print the manual page");
  verb->callback([&app, &action] { action = [&app] { return execute(app); }; });
}

}  // namespace bioscope::cli
