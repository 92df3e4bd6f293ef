// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/base/handle.h"
#include "harness/image/digest.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

using Writer = Handle<struct archive, archive_write_free>;
using Reader = Handle<struct archive, archive_read_free>;
using ArchiveEntry = Handle<struct archive_entry, archive_entry_free>;

// Raised whenever equal content would become other bytes than before.
constexpr std::uint64_t kFormat = 1;

std::unexpected<Error> archive_error(struct archive* archive, std::string_view what) {
  const char* text = archive_error_string(archive);
  return host_error("cannot {}: {}", what, text ? text : "out of memory");
}

Result<std::string> unpack(const fs::path& path, std::string_view compressed) {
  const Reader reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  struct archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), compressed.data(), compressed.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
    return archive_error(reader.get(), "unpack " + path.string());
  if (archive_filter_code(reader.get(), 0) == ARCHIVE_FILTER_NONE)
    return host_error("cannot unpack {}: it is in no known compression", path.string());
  std::string content;
  for (;;) {
    constexpr std::size_t kChunk = 1 << 20;
    const std::size_t have = content.size();
    content.resize(have + kChunk);
    const auto got = archive_read_data(reader.get(), content.data() + have, kChunk);
    content.resize(have + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0) return archive_error(reader.get(), "unpack " + path.string());
    if (got == 0) return content;
  }
}

}  // namespace

Result<std::string> guest_path(std::string_view text) {
  const auto path = fs::path(text).lexically_normal();
  auto result = path.string();
  while (result.size() > 1 && result.ends_with('/')) result.pop_back();
  if (!text.starts_with('/') || result == "/" || text.find('\0') != text.npos)
    return usage_error("'{}' is no path in the guest; give an absolute one", text);
  if (result.starts_with("//")) result.erase(0, 1);
  for (const char* linked : {"/bin/", "/sbin/", "/lib/", "/lib64/"})
    if (result.starts_with(linked)) return "/usr" + result;
  return result;
}

Status Archive::add(std::string_view path, Node node) {
  BSC_TRY_ASSIGN(auto guest, guest_path(path));
  for (auto slash = guest.find('/', 1); slash != guest.npos; slash = guest.find('/', slash + 1)) {
    const auto& above = nodes_.try_emplace(guest.substr(0, slash), Node{.mode = S_IFDIR | 0755});
    if (!S_ISDIR(above.first->second.mode))
      return usage_error("{} cannot be in the guest: {} is a file there", guest,
                         guest.substr(0, slash));
  }
  const auto below = nodes_.upper_bound(guest + "/");
  if (!S_ISDIR(node.mode) && below != nodes_.end() && below->first.starts_with(guest + "/"))
    return usage_error("{} cannot be a file in the guest: {} is below it", guest, below->first);
  nodes_.insert_or_assign(std::move(guest), std::move(node));
  return {};
}

Status Archive::add_file(std::string_view path, const fs::path& host, unsigned mode) {
  return add(path, {.mode = S_IFREG | (mode & 07777), .host = host});
}

Status Archive::add_unpacked(std::string_view path, const fs::path& compressed) {
  return add(path, {.mode = S_IFREG | 0644, .host = compressed, .compressed = true});
}

Status Archive::add_text(std::string_view path, std::string text) {
  return add(path, {.mode = S_IFREG | 0644, .text = std::move(text)});
}

Status Archive::add_directory(std::string_view path, unsigned mode) {
  return add(path, {.mode = S_IFDIR | (mode & 07777)});
}

Status Archive::add_link(std::string_view path, std::string target) {
  return add(path, {.mode = S_IFLNK | 0777, .text = std::move(target)});
}

Status Archive::add_device(std::string_view path, unsigned mode, unsigned major, unsigned minor) {
  return add(path, {.mode = S_IFCHR | (mode & 07777), .major = major, .minor = minor});
}

bool Archive::has(std::string_view path) const {
  const auto guest = guest_path(path);
  return guest && nodes_.contains(*guest);
}

Result<std::string> Archive::key(FileDigests& files) {
  Digest digest;
  digest.add(kFormat);
  for (auto& [path, node] : nodes_) {
    if (!node.host.empty()) {
      BSC_TRY_ASSIGN(node.digest, files.of(node.host));
    }
    digest.add(path).add(node.mode).add(node.digest).add(node.compressed).add(node.text);
    digest.add(node.major).add(node.minor);
  }
  return digest.hex();
}

Status Archive::write(int fd) const {
  const Writer writer(archive_write_new());
  if (archive_write_set_format_cpio_newc(writer.get()) != ARCHIVE_OK ||
      archive_write_add_filter_none(writer.get()) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(writer.get(), 1) != ARCHIVE_OK ||
      archive_write_open_fd(writer.get(), fd) != ARCHIVE_OK)
    return archive_error(writer.get(), "begin an archive");
  for (const auto& [path, node] : nodes_) {
    std::string content;
    if (!node.host.empty()) {
      BSC_TRY_ASSIGN(content, read_file(node.host));
      if (Digest().add(content).hex() != node.digest)
        return host_error("{} changed while the image was built; try again", node.host.string());
      if (node.compressed) {
        BSC_TRY_ASSIGN(content, unpack(node.host, content));
      }
    } else if (S_ISREG(node.mode)) {
      content = node.text;
    }
    const ArchiveEntry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str() + 1);
    archive_entry_set_mode(entry.get(), node.mode);
    archive_entry_set_nlink(entry.get(), 1);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    if (S_ISLNK(node.mode)) archive_entry_set_symlink(entry.get(), node.text.c_str());
    if (S_ISCHR(node.mode)) {
      archive_entry_set_rdevmajor(entry.get(), node.major);
      archive_entry_set_rdevminor(entry.get(), node.minor);
    }
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(writer.get(), content.data(), content.size()) !=
            static_cast<la_ssize_t>(content.size()))
      return archive_error(writer.get(), "archive " + path);
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK)
    return archive_error(writer.get(), "end an archive");
  return {};
}

}  // namespace bioscope::image
