#include "share/manager/registry.hpp"

#include <random>
#include <utility>

namespace shmoo::manager {

void no_object(ObjectId id) {
  throw ReferenceError("there is no object " + std::to_string(id) + " (any more)");
}

// Ids start at random: a proxy that outlived its server must not find another object in the next server at
// that address.
Registry::Registry(std::function<void(std::shared_ptr<Object>)> going)
    : going_(std::move(going)), next_((ObjectId{std::random_device{}()} << 24) + 1) {}

ObjectId Registry::add(std::unique_ptr<Object> object, Holdings& owner) {
  const std::scoped_lock guard(mutex_);
  const ObjectId id = next_++;
  owner.references.emplace(id, 1);
  objects_.emplace(id, Entry{std::move(object), 1});
  return id;
}

std::shared_ptr<Object> Registry::find(ObjectId id) const {
  const std::scoped_lock guard(mutex_);
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second.object;
}

std::size_t Registry::size() const {
  const std::scoped_lock guard(mutex_);
  return objects_.size();
}

void Registry::attach(ObjectId id, Holdings& owner) {
  const std::scoped_lock guard(mutex_);
  const auto found = objects_.find(id);
  if (found == objects_.end()) no_object(id);
  ++owner.references[id];
  ++found->second.references;
}

void Registry::release(ObjectId id, Holdings& owner) {
  std::unique_lock guard(mutex_);
  const auto held = owner.references.find(id);
  if (held == owner.references.end()) no_object(id);
  if (--held->second == 0) owner.references.erase(held);
  std::shared_ptr<Object> object = drop(id, 1);
  guard.unlock();
  if (object) going_(std::move(object));
}

void Registry::release_all(Holdings& owner) {
  std::vector<std::shared_ptr<Object>> without;
  {
    const std::scoped_lock guard(mutex_);
    for (const auto& [id, references] : std::exchange(owner.references, {}))
      if (auto object = drop(id, references)) without.push_back(std::move(object));
  }
  for (auto& object : without) going_(std::move(object));
}

/// @return the object when that was the last of them. `mutex_` is held.
std::shared_ptr<Object> Registry::drop(ObjectId id, std::uint64_t references) {
  const auto found = objects_.find(id);
  if ((found->second.references -= references) > 0) return nullptr;
  auto object = std::move(found->second.object);
  objects_.erase(found);
  return object;
}

}  // namespace shmoo::manager
