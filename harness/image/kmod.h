// SPDX-License-Identifier: GPL-2.0-only
// Handles of libkmod, without the host's modprobe.d and without its own words. For this folder.
#pragma once

#include <libkmod.h>

#include <cstdarg>

#include "harness/base/handle.h"

namespace bioscope::image::kmod {

using Context = Handle<kmod_ctx, kmod_unref>;
using List = Handle<kmod_list, kmod_module_unref_list>;
using Object = Handle<kmod_module, kmod_module_unref>;
using Info = Handle<kmod_list, kmod_module_info_free_list>;
using Symbols = Handle<kmod_list, kmod_module_dependency_symbols_free_list>;

// What is wrong comes back as a code; nobody reads libkmod's own lines.
inline Context open_context(const char* directory) {
  const char* no_configuration[] = {nullptr};
  Context context(kmod_new(directory, no_configuration));
  if (context)
    kmod_set_log_fn(
        context.get(), [](void*, int, const char*, int, const char*, const char*, va_list) {},
        nullptr);
  return context;
}

}  // namespace bioscope::image::kmod
