// SPDX-License-Identifier: GPL-2.0-only
// Whole files: read, and write aside then rename, so that no reader ever sees half a file. Errors
// blame the host and name the path; callers that read a user's file turn them into usage errors.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace bioscope {

Result<std::string> read_file(const std::filesystem::path& path);

// Creates or replaces `path` atomically (same directory, fsync only if `durable`).
Status write_file(const std::filesystem::path& path, std::string_view content,
                  bool durable = false);

// Appends everything to an open descriptor, retrying short writes and EINTR.
Status write_all(int fd, std::string_view content);

Result<Fd> open_file(const std::filesystem::path& path, int flags, int mode = 0644);

Status make_directories(const std::filesystem::path& path);

}  // namespace bioscope
