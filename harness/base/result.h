// SPDX-License-Identifier: GPL-2.0-only
// Result<T>: how every fallible call reports. An Error says whom to blame, the errno if there was
// one, and one sentence that names the thing and the way out. A kernel that misbehaves is never an
// Error: it is evidence. Anyone may include this; exceptions never cross a folder.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bioscope {

enum class Blame {
  kUsage,  // the user's input; exit 2
  kHost,   // this machine, its packages, its libvirt; INFRA
  kGuest,  // the guest's set-up, not the kernel's behaviour; INFRA
};

std::string_view name(Blame blame);

struct Error {
  Blame blame{};
  int os_error{};  // errno, 0 if none
  std::string what;

  // "blame: what (strerror)" on one line, for people.
  std::string text() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

template <class... A>
std::unexpected<Error> usage_error(fmt::format_string<A...> format, A&&... args) {
  return std::unexpected(Error{Blame::kUsage, 0, fmt::format(format, std::forward<A>(args)...)});
}

template <class... A>
std::unexpected<Error> host_error(fmt::format_string<A...> format, A&&... args) {
  return std::unexpected(Error{Blame::kHost, 0, fmt::format(format, std::forward<A>(args)...)});
}

template <class... A>
std::unexpected<Error> guest_error(fmt::format_string<A...> format, A&&... args) {
  return std::unexpected(Error{Blame::kGuest, 0, fmt::format(format, std::forward<A>(args)...)});
}

// As host_error, with the errno of the failed call.
template <class... A>
std::unexpected<Error> os_error(int code, fmt::format_string<A...> format, A&&... args) {
  return std::unexpected(Error{Blame::kHost, code, fmt::format(format, std::forward<A>(args)...)});
}

// Prepends the caller's step, once per layer: within("boot", define(...)).
template <class T>
Result<T> within(std::string_view step, Result<T> result) {
  if (!result) result.error().what = fmt::format("{}: {}", step, result.error().what);
  return result;
}

}  // namespace bioscope

#define BSC_JOIN_(a, b) a##b
#define BSC_JOIN(a, b) BSC_JOIN_(a, b)

// Evaluates a Result; returns its error from the calling function if it has one.
#define BSC_TRY(expression)                                  \
  do {                                                       \
    if (auto bsc_status = (expression); !bsc_status)         \
      return std::unexpected(std::move(bsc_status).error()); \
  } while (0)

// BSC_TRY_ASSIGN(auto fd, open(path)): declares or assigns the value, or returns the error.
#define BSC_TRY_ASSIGN(target, expression) \
  BSC_TRY_ASSIGN_(BSC_JOIN(bsc_result_, __LINE__), target, expression)
#define BSC_TRY_ASSIGN_(result, target, expression)               \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  target = std::move(*result)
