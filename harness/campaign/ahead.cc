// SPDX-License-Identifier: GPL-2.0-only
#include "harness/campaign/ahead.h"

#include <algorithm>

namespace bioscope::campaign {

Ahead::Ahead(Make make, std::chrono::milliseconds patience)
    : make_(std::move(make)),
      patience_(patience),
      worker_([this](const std::stop_token& stop) { work(stop); }) {}

Ahead::~Ahead() { rest(); }

void Ahead::foresee(std::vector<unsigned> kernels) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(kernels, [this](unsigned kernel) { return made_.contains(kernel); });
  wanted_ = std::move(kernels);
  changed_.notify_all();
}

void Ahead::rest() {
  std::unique_lock lock(mutex_);
  end_making(lock);
}

void Ahead::end_making(std::unique_lock<std::mutex>& lock) {
  wanted_.clear();
  const auto ended = [this] { return !making_; };
  if (changed_.wait_for(lock, patience_, ended)) return;
  stop_making_.request_stop();
  changed_.wait(lock, ended);
}

std::optional<Made> Ahead::take(unsigned kernel) {
  std::unique_lock lock(mutex_);
  if (making_ == kernel) {
    changed_.wait(lock, [&] { return making_ != kernel; });
  } else if (!made_.contains(kernel)) {
    end_making(lock);
  }
  const auto found = made_.find(kernel);
  return found == made_.end() ? std::nullopt : std::optional(found->second);
}

void Ahead::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !wanted_.empty(); })) {
    const unsigned kernel = wanted_.front();
    wanted_.erase(wanted_.begin());
    making_ = kernel;
    stop_making_ = {};
    const auto token = stop_making_.get_token();
    lock.unlock();
    auto made = make_(kernel, token);
    lock.lock();
    if (made) made_[kernel] = std::move(*made);
    making_.reset();
    changed_.notify_all();
  }
}

}  // namespace bioscope::campaign
