// array/boost: a vector in a Boost managed_shared_memory, under Boost's interprocess_recursive_mutex in the
// same segment.
//
// See locked.hpp for who may call what and boost_segment.hpp for the memory, which /dev/shm bounds. A process
// that dies inside a call leaves the array locked for ever. Errors when made: std::system_error (ENOSPC).
#pragma once
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/vector.hpp>

#include "share/array/locked.hpp"
#include "share/boost_segment.hpp"
#include "sync/boost_lock.hpp"

namespace shmoo::array {

template <class T>
class InBoostSegment {
  using Allocator = boost::interprocess::allocator<T, BoostSegment::Memory::segment_manager>;
  using Vector = boost::interprocess::vector<T, Allocator>;

 public:
  struct Head {
    sync::BoostLock lock;
    std::atomic<std::uint64_t> inheritances{0};
  };

  explicit InBoostSegment(std::size_t size)
      : segment_(segment_bytes(size)),
        head_(segment_.memory().construct<Head>(boost::interprocess::anonymous_instance)()),
        elements_(segment_.memory().construct<Vector>(boost::interprocess::anonymous_instance)(
            size, T{}, segment_.memory().get_segment_manager())) {}

  Head& head() const { return *head_; }
  /// Through the vector's own pointer each time, as every user of such a vector goes.
  T* data() const { return elements_->data(); }
  std::size_t size() const { return elements_->size(); }

  static std::size_t segment_bytes(std::size_t size) { return BoostSegment::bytes_for(bytes_of<T>(size)); }

 private:
  BoostSegment segment_;
  Head* head_;
  Vector* elements_;
};

struct Boost {
  static constexpr About about{
      .name = "boost",
      .summary = "a vector in Boost's managed_shared_memory, under its recursive mutex",
      .peer_death = "who dies inside a call leaves the array locked for ever",
      .locked = true};
  template <class T>
  static std::string refusal(std::size_t elements) {
    return BoostSegment::refusal(InBoostSegment<T>::segment_bytes(elements));
  }
  template <class T>
  using Of = LockedArray<T, sync::BoostLock, InBoostSegment<T>>;
};

}  // namespace shmoo::array
