// A descriptor that children do not get: in each child that fork() makes it leads to /dev/null.
//
// For connections whose end must be seen when their owner dies, although its children live on with copies of
// all its other descriptors. The number stays taken in the child, so an owner's copy there may close it as
// usual. Any thread.
#pragma once
#include "posix/fd.hpp"

namespace shmoo::posix {

class ForkPrivateFd {
 public:
  ForkPrivateFd() = default;
  explicit ForkPrivateFd(Fd fd);
  ForkPrivateFd(ForkPrivateFd&& other) noexcept = default;
  ForkPrivateFd& operator=(ForkPrivateFd&& other) noexcept;
  ~ForkPrivateFd();
  int get() const { return fd_.get(); }

 private:
  void unlist() noexcept;
  Fd fd_;
};

}  // namespace shmoo::posix
