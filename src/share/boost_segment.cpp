#include "share/boost_segment.hpp"

#include <cerrno>

#include "posix/error.hpp"
#include "posix/leftovers.hpp"
#include "posix/shm.hpp"

namespace shmoo {

std::string BoostSegment::refusal(std::size_t bytes) {
  const std::uint64_t room = posix::shm_free_bytes();
  if (bytes <= room) return "";
  return "needs " + std::to_string(bytes) + " bytes of /dev/shm, which has " + std::to_string(room) + " left";
}

BoostSegment::BoostSegment(std::size_t bytes) {
  // Boost writes its header before we can reserve anything: ask first, so that a full /dev/shm is told and
  // not hit. Only somebody who fills it between this line and reserve() below could still make those few
  // pages fail.
  if (const std::string reason = refusal(bytes); !reason.empty())
    posix::fail("make a Boost segment: " + reason, ENOSPC);
  const std::string name = posix::unique_name();
  try {
    memory_.emplace(boost::interprocess::create_only, name.c_str(), bytes, nullptr,
                    boost::interprocess::permissions(0600));
  } catch (const boost::interprocess::interprocess_exception& error) {
    boost::interprocess::shared_memory_object::remove(name.c_str());
    posix::fail("make a Boost segment of " + std::to_string(bytes) + " bytes: " + error.what(),
                error.get_native_error() ? error.get_native_error() : EINVAL);
  }
  posix::reserve(posix::adopt_shm(name), bytes);
  prefault_.emplace(memory_->get_address(), memory_->get_size());
}

}  // namespace shmoo
