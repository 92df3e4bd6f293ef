// SPDX-License-Identifier: GPL-2.0-only
// bioscope completion SHELL: a shell's completion. The script asks the program itself, by a hidden
// verb, what may follow the words so far, so it knows whatever the command line knows.
#include <algorithm>
#include <memory>

#include "harness/cli/place.h"
#include "harness/cli/verb.h"
#include "harness/kernel/built.h"

namespace bioscope::cli {
namespace {

constexpr std::string_view kBash = R"(# bash completion of bioscope
_bioscope() {
  local cur words cword
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n : cur words cword
  else
    cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  local IFS=$'\n'
  COMPREPLY=($("${words[0]}" __complete "${words[@]:1:cword}" 2>/dev/null))
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -o default -F _bioscope bioscope
)";

constexpr std::string_view kZsh = R"(#compdef bioscope
_bioscope() {
  local -a found
  found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n ${found[1]} ]]; then compadd -a found; else _files; fi
}
compdef _bioscope bioscope
)";

constexpr std::string_view kFish = R"(# fish completion of bioscope
complete -c bioscope -a '(bioscope __complete (commandline -opc)[2..] (commandline -ct))'
)";

struct Shell {
  std::string_view name;
  std::string_view script;
};
constexpr Shell kShells[] = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};

Result<int> execute(const std::string& shell) {
  const auto found = std::ranges::find(kShells, shell, &Shell::name);
  if (found == std::end(kShells))
    return usage_error("there is no completion for {}; there is bash, zsh and fish", shell);
  fmt::print("{}", found->script);
  return 0;
}

// What may follow an option that takes a value; empty where only files may.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string name = option.get_single_name();
  std::vector<std::string> values;
  if (name == "kernel") {
    values = {"stock", "stock:", "file:", "host"};
    for (const auto& named : kernel::list_built(cache())) values.push_back("built:" + named.name);
  } else if (name == "accel") {
    values = {"auto", "kvm", "tcg"};
  }
  return values;
}

// What may stand for a verb's own words.
std::vector<std::string> words_of_verb(const CLI::App& verb) {
  std::vector<std::string> values;
  if (verb.get_name() == "run") {
    const auto known = manifest();
    if (!known) return values;
    for (const auto& info : known->scenarios) values.push_back(info.name);
  } else if (verb.get_name() == "completion") {
    for (const Shell& shell : kShells) values.emplace_back(shell.name);
  }
  return values;
}

}  // namespace

std::vector<std::string> candidates(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* verb = &root;
  const CLI::Option* open = nullptr;  // takes the next word
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--") return {};  // what follows is a command of the user's
    if (open != nullptr) {
      open = nullptr;
    } else if (words[i].starts_with("-")) {
      const auto* option = verb->get_option_no_throw(words[i]);
      if (option != nullptr && option->get_expected_max() > 0) open = option;
    } else {
      const auto verbs = verb->get_subcommands({});
      const auto next = std::ranges::find(verbs, words[i], &CLI::App::get_name);
      if (next != verbs.end()) verb = *next;
    }
  }
  std::vector<std::string> all;
  const std::string last = words.empty() ? std::string() : words.back();
  if (open != nullptr) {
    all = values_of(*open);
  } else if (last.starts_with("-")) {
    for (const CLI::Option* option : verb->get_options())
      for (const std::string& name : option->get_lnames()) all.push_back("--" + name);
  } else {
    for (const CLI::App* next : verb->get_subcommands({})) all.push_back(next->get_name());
    std::ranges::copy(words_of_verb(*verb), std::back_inserter(all));
  }
  std::erase_if(all, [&](const std::string& word) { return !word.starts_with(last); });
  return all;
}

void add_completion(CLI::App& app, const Context&, Action& action) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "print the completion of a shell");
  verb->add_option("shell", *shell, "bash, zsh or fish")->required();
  verb->callback([=, &action] { action = [shell] { return execute(*shell); }; });
}

}  // namespace bioscope::cli
