// Which objects there are and who keeps them alive.
//
// Belongs to the server's one thread. An object lives as long as somebody has a reference to it; references
// belong to a session (a client process, however many connections it has) and are given back when its last
// connection is gone, so a client that is killed leaks nothing.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "share/manager/object.hpp"

namespace shmoo::manager {

/// What a client process owns here.
struct Holdings {
  std::unordered_map<ObjectId, std::uint64_t> references;
};

class Registry {
 public:
  /// `going` is told of each object just before it is destroyed.
  explicit Registry(std::function<void(Object&)> going);

  /// Takes an object in; `owner` has the first reference to it.
  ObjectId add(std::unique_ptr<Object> object, Holdings& owner);
  /// nullptr when there is no such object (any more).
  Object* find(ObjectId id) const;
  /// One reference more for `owner`. Throws ReferenceError when there is no such object.
  void attach(ObjectId id, Holdings& owner);
  /// One reference less. Throws ReferenceError when `owner` has none.
  void release(ObjectId id, Holdings& owner);
  /// Gives back all that `owner` has.
  void release_all(Holdings& owner);
  std::size_t size() const { return objects_.size(); }

 private:
  struct Entry {
    std::unique_ptr<Object> object;
    std::uint64_t references;
  };
  void drop(ObjectId id, std::uint64_t references);

  std::function<void(Object&)> going_;
  std::unordered_map<ObjectId, Entry> objects_;
  ObjectId next_;
};

/// Throws ReferenceError.
[[noreturn]] void no_object(ObjectId id);

}  // namespace shmoo::manager
