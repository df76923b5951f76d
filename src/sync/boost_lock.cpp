#include "sync/boost_lock.hpp"

// Boost's time type is costly to compile, so the one function that needs it stands here.
#include <boost/date_time/posix_time/posix_time_types.hpp>

namespace shmoo::sync {

bool BoostLock::lock_until(posix::Deadline deadline) {
  do {
    const auto left = boost::posix_time::microseconds((deadline.left_ns() + 999) / 1000);
    if (mutex().timed_lock(boost::posix_time::microsec_clock::universal_time() + left)) return true;
  } while (!deadline.passed());  // the wall clock was set forward
  return false;
}

}  // namespace shmoo::sync
