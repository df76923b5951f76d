#include "share/manager/registry.hpp"

#include <random>
#include <utility>

namespace shmoo::manager {

void no_object(ObjectId id) {
  throw ReferenceError("there is no object " + std::to_string(id) + " (any more)");
}

// Ids start at random: a proxy that outlived its server must not find another object in the next server at
// that address.
Registry::Registry(std::function<void(Object&)> going)
    : going_(std::move(going)), next_((ObjectId{std::random_device{}()} << 24) + 1) {}

ObjectId Registry::add(std::unique_ptr<Object> object, Holdings& owner) {
  const ObjectId id = next_++;
  owner.references.emplace(id, 1);
  objects_.emplace(id, Entry{std::move(object), 1});
  return id;
}

Object* Registry::find(ObjectId id) const {
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second.object.get();
}

void Registry::attach(ObjectId id, Holdings& owner) {
  const auto found = objects_.find(id);
  if (found == objects_.end()) no_object(id);
  ++owner.references[id];
  ++found->second.references;
}

void Registry::release(ObjectId id, Holdings& owner) {
  const auto held = owner.references.find(id);
  if (held == owner.references.end()) no_object(id);
  if (--held->second == 0) owner.references.erase(held);
  drop(id, 1);
}

void Registry::release_all(Holdings& owner) {
  for (const auto& [id, references] : std::exchange(owner.references, {})) drop(id, references);
}

void Registry::drop(ObjectId id, std::uint64_t references) {
  const auto found = objects_.find(id);
  if ((found->second.references -= references) > 0) return;
  const Entry entry = std::move(found->second);
  objects_.erase(found);
  going_(*entry.object);
}

}  // namespace shmoo::manager
