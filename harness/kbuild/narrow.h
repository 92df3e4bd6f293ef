// SPDX-License-Identifier: GPL-2.0-only
// Narrow: a make that looks only into the folders whose modules hang on what has changed since the
// last whole one. Kbuild takes seconds to find out that the other four hundred have nothing to do.
// Whatever is not certain makes it a whole one. This folder only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "harness/base/result.h"
#include "harness/kbuild/tree.h"

namespace bioscope::kbuild {

// What objects are made of.
struct Ingredients {
  std::string base{};                          // content of the source, digest of the configuration
  std::map<std::string, std::string> files{};  // digests of what an overlay has; "" if it is gone

  static Ingredients of(const std::string& base, const Overlay& overlay);
};

// Of the last make in `objects` that ended well; nothing if it is not known. Forgets it too, until
// the next one ends well.
std::optional<Ingredients> take_ingredients(const std::filesystem::path& objects);
Status keep_ingredients(const std::filesystem::path& objects, const Ingredients& ingredients);

// Folders below `objects` with all that is to be made anew, if that is modules alone.
std::optional<std::set<std::string>> narrowed(const std::filesystem::path& objects,
                                              const Ingredients& before, const Ingredients& now);

}  // namespace bioscope::kbuild
