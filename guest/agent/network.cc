// SPDX-License-Identifier: GPL-2.0-only
// GoogleTest can send its results over a network, of which a guest has none; glibc's resolver
// would want its shared libraries at run time.
#include <netdb.h>

extern "C" {

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_FAIL; }
void freeaddrinfo(addrinfo*) noexcept {}
}
