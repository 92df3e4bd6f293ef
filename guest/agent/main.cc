// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "bioscope_version.h"
#include "guest/agent/describe.h"
#include "guest/agent/init.h"
#include "guest/agent/modprobe.h"

namespace {

int describe() {
  const auto manifest = bioscope::agent::manifest();
  if (!manifest) {
    std::fprintf(stderr, "bioscope-agent: %s\n", manifest.error().text().c_str());
    return 1;
  }
  std::puts(manifest->c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (std::filesystem::path(argv[0]).filename() == "modprobe")
    return bioscope::agent::modprobe_main(argc, argv);
  if (::getpid() == 1) bioscope::agent::run_as_init();
  if (argc == 2 && std::strcmp(argv[1], "--describe") == 0) return describe();
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::printf("bioscope-agent %s\n", bioscope::kVersion);
    return 0;
  }
  std::fputs(
      "bioscope-agent runs as pid 1 of a guest; here it only knows --describe and --version\n",
      stderr);
  return 2;
}
