// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/bad_part.h"

#include "guest/scenario/buffer.h"

namespace bioscope::scenario {

void request_around(Workload& w, const BlockDevice& disk, const BadPart& part, unsigned requests,
                    const std::function<void(const IoCompletion&)>& done) {
  constexpr unsigned kDepth = 4;
  const std::uint64_t good = part.good * kSectorBytes / kBadPartBytes;
  const std::uint64_t bad = part.bad * kSectorBytes / kBadPartBytes;
  w.on_every_cpu([&](unsigned cpu) {
    const auto fd = BSC_SETUP(open_disk(disk));
    const auto buffer = BSC_SETUP(Buffer::allocate(kDepth * kBadPartBytes));
    const auto queue = BSC_SETUP(open_aio_queue(kDepth));
    for (unsigned first = 0; first < requests; first += kDepth) {
      for (unsigned slot = 0; slot < kDepth; ++slot) {
        const unsigned request = first + slot;
        const bool fails = (request / 2 + cpu) % 3 == 0;
        const std::uint64_t block = fails ? good + request % bad : request % good;
        BSC_SETUP(queue->submit(
            {.kind = request % 2 == 0 ? IoRequest::Kind::kRead : IoRequest::Kind::kWrite,
             .fd = fd.get(),
             .offset = block * kBadPartBytes,
             .buffer = buffer.part(slot * kBadPartBytes, kBadPartBytes),
             .cookie = block}));
      }
      while (queue->in_flight() != 0)
        for (const IoCompletion& completion : BSC_SETUP(queue->reap())) done(completion);
      w.host().progress();
    }
  });
}

}  // namespace bioscope::scenario
