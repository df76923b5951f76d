// Which objects there are and who keeps them alive.
//
// Any thread may use it; `Holdings` are guarded by it, too. An object lives as long as somebody has a
// reference to it; references belong to a session (a client process, however many connections it has) and are
// given back when its last connection is gone, so a client that is killed leaks nothing.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "share/manager/object.hpp"

namespace shmoo::manager {

/// What a client process owns here.
struct Holdings {
  std::unordered_map<ObjectId, std::uint64_t> references;
};

class Registry {
 public:
  /// `going` is given each object that nobody refers to any more, on the thread that gave back the last
  /// reference, which may be in the middle of another object's call.
  explicit Registry(std::function<void(std::shared_ptr<Object>)> going);

  /// Takes an object in; `owner` has the first reference to it.
  ObjectId add(std::unique_ptr<Object> object, Holdings& owner);
  /// nullptr when there is no such object (any more).
  std::shared_ptr<Object> find(ObjectId id) const;
  /// One reference more for `owner`. Throws ReferenceError when there is no such object.
  void attach(ObjectId id, Holdings& owner);
  /// One reference less. Throws ReferenceError when `owner` has none.
  void release(ObjectId id, Holdings& owner);
  /// Gives back all that `owner` has.
  void release_all(Holdings& owner);
  std::size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<Object> object;
    std::uint64_t references;
  };
  std::shared_ptr<Object> drop(ObjectId id, std::uint64_t references);

  std::function<void(std::shared_ptr<Object>)> going_;
  mutable std::mutex mutex_;  // of all that follows
  std::unordered_map<ObjectId, Entry> objects_;
  ObjectId next_;
};

/// Throws ReferenceError.
[[noreturn]] void no_object(ObjectId id);

}  // namespace shmoo::manager
