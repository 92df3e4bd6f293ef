// SPDX-License-Identifier: GPL-2.0-only
// Handle: owns an object of a C library and frees it with the library's own function:
//   using Domain = Handle<virDomain, virDomainFree>;
#pragma once

#include <memory>

namespace bioscope {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    static_cast<void>(Free(object));
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, FreeWith<Free>>;

}  // namespace bioscope
