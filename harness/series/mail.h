// SPDX-License-Identifier: GPL-2.0-only
// Mail, as far as patches travel in it: messages of an mbox, the headers that matter, bodies
// decoded. Takes hostile input; what is damaged comes out as it is. This folder only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bioscope::series {

struct Mail {
  std::string subject{};  // unfolded, with its [PATCH n/m]
  std::string from{};     // "Name <name@example.org>"
  std::string body{};     // text parts, decoded, lines end with \n
};

// One mail if the text is no mbox. A text without headers is a body.
std::vector<Mail> parse_mails(std::string_view text);

struct Subject {
  bool reply = false;   // Re:, Fwd:
  unsigned number = 0;  // n of [PATCH n/m]; 0 if it is not numbered
  unsigned count = 0;   // m
  unsigned version = 1;
  std::string title{};
};

Subject parse_subject(std::string_view subject);

}  // namespace bioscope::series
