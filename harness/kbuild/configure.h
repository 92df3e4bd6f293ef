// SPDX-License-Identifier: GPL-2.0-only
// The configuration of a build: our fragment over nothing, what variants and users ask for over
// that, and proof that Kconfig granted it. This folder only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/kbuild/fragment.h"
#include "harness/kbuild/kconfig.h"

namespace bioscope::kbuild {

struct Wishes {
  std::vector<Wish> base{};
  std::vector<Wish> variant{};
  std::vector<Wish> user{};
};

class Configurator {
 public:
  using Make = std::function<Status(const std::vector<std::string>& arguments)>;
  using Say = std::function<void(std::string_view)>;

  // `make` runs make for `out`, a folder in `tree`.
  Configurator(std::filesystem::path tree, std::filesystem::path out, Make make, Say say)
      : tree_(std::move(tree)),
        out_(std::move(out)),
        make_(std::move(make)),
        say_(std::move(say)) {}

  // Whether the base configuration of these wishes is still to be made.
  bool wants_base(const Wishes& wishes, std::string_view content) const;

  // Makes it, out of a tree without any series, so that symbols of a series get their defaults.
  Status make_base(const Wishes& wishes, std::string_view content);

  // Makes .config, unless it is that of the same wishes and Kconfig files already.
  Status configure(const Wishes& wishes, std::string_view kconfig_digest);

 private:
  Status check(const Wishes& wishes, std::string_view config) const;
  Status refuse(const Unmet& unmet, const KconfigFiles& files, std::string_view config) const;

  std::filesystem::path tree_;
  std::filesystem::path out_;
  Make make_;
  Say say_;
};

}  // namespace bioscope::kbuild
