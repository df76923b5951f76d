#include "share/manager/registry.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace shmoo::manager {
namespace {

// A collection visits every object. It is due when so many releases have happened since the last one, but at
// least one for every `kObjectsPerSuspect` objects: its work per release is bounded.
constexpr std::size_t kLeastSuspects = 1024;
constexpr std::size_t kObjectsPerSuspect = 2;
// When a client leaves, that is the time to look for what it left behind, unless that would be much work for
// little.
constexpr std::size_t kObjectsPerSuspectAtEnd = 4096;
constexpr std::size_t kBuriedAtOnce = 1024;  // before other calls get at the registry again

}  // namespace

void no_object(ObjectId id) {
  throw ReferenceError("there is no object " + std::to_string(id) + " (any more)");
}

// Ids start at random: a proxy that outlived its server must not find another object in the next server at
// that address. With the type's byte they stay below 2^63.
Registry::Registry(Going going)
    : Registry(std::move(going), (std::uint64_t{std::random_device{}() >> 1} << 24) + 1) {}
Registry::Registry(Going going, std::uint64_t first_number) : going_(std::move(going)), next_(first_number) {}

ObjectId Registry::add(std::shared_ptr<Object> object, Type type, Holdings& owner) {
  const std::lock_guard guard(mutex_);
  const ObjectId id = next_++ << 8 | static_cast<ObjectId>(type);
  object->id_ = id;
  Entry& entry = objects_[id];
  entry.object = std::move(object);
  owner.references.emplace(id, 1);
  entry.held = 1;
  settle_entry(entry, *entry.object);
  return id;
}

std::shared_ptr<Object> Registry::find(ObjectId id) const {
  const std::lock_guard guard(mutex_);
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second.object;
}

std::size_t Registry::size() const {
  const std::lock_guard guard(mutex_);
  return objects_.size();
}

bool Registry::consistent(std::span<const Holdings* const> all) const {
  const std::lock_guard guard(mutex_);
  std::unordered_map<ObjectId, std::uint64_t> held;
  std::unordered_map<ObjectId, std::uint64_t> stored;
  for (const Holdings* const holdings : all)
    for (const auto& [id, count] : holdings->references) held[id] += count;
  bool own = true;  // whether each object knows how much it refers to
  for (const auto& [id, entry] : objects_) {
    std::uint64_t references = 0;
    if (entry.references)
      for (const auto& [other, count] : *entry.references) {
        stored[other] += count;
        references += count;
      }
    own = own && entry.object->references_ == references && entry.object->arrived_.empty() &&
          entry.object->departed_.empty();
  }
  const auto known = [this](const auto& counts) {
    return std::all_of(counts.begin(), counts.end(),
                       [this](const auto& one) { return objects_.contains(one.first); });
  };
  return own && known(held) && known(stored) &&
         std::all_of(objects_.begin(), objects_.end(), [&](const auto& one) {
           return one.second.held == held[one.first] && one.second.stored == stored[one.first];
         });
}

void Registry::attach(ObjectId id, Holdings& owner) {
  const std::lock_guard guard(mutex_);
  const auto found = objects_.find(id);
  if (found == objects_.end()) no_object(id);
  ++owner.references[id];
  ++found->second.held;
}

void Registry::release(ObjectId id, Holdings& owner) {
  const std::lock_guard guard(mutex_);
  const auto held = owner.references.find(id);
  if (held == owner.references.end()) no_object(id);
  if (--held->second == 0) owner.references.erase(held);
  less_held(id, 1);
}

void Registry::release_all(Holdings& owner) {
  std::size_t enough = 0;
  {
    const std::lock_guard guard(mutex_);
    for (const auto& [id, references] : std::exchange(owner.references, {})) less_held(id, references);
    enough = objects_.size() / kObjectsPerSuspectAtEnd + 1;
  }
  bury();
  collect_if(enough);
}

void Registry::pin(std::span<const Encoded> arguments, Pins& pins) {
  for (const Encoded argument : arguments)
    for_each_reference(argument, [&](ObjectId id) { pins.ids_.push_back(id); });
  const std::lock_guard guard(mutex_);
  for (const ObjectId id : pins.ids_)
    if (!objects_.contains(id)) no_object(id);
  for (const ObjectId id : pins.ids_) ++objects_.find(id)->second.held;
  pins.registry_ = this;
}

void Registry::unpin(const std::vector<ObjectId>& ids) {
  const std::lock_guard guard(mutex_);
  for (const ObjectId id : ids) less_held(id, 1);
}

void Registry::grant(Encoded value, Holdings& owner) {
  std::vector<ObjectId> ids;
  for_each_reference(value, [&](ObjectId id) { ids.push_back(id); });
  if (ids.empty()) return;
  const std::lock_guard guard(mutex_);
  for (const ObjectId id : ids)
    if (!objects_.contains(id)) no_object(id);
  for (const ObjectId id : ids) {
    ++owner.references[id];
    ++objects_.at(id).held;
  }
}

void Registry::settle(Object& object) {
  if (object.arrived_.empty() && object.departed_.empty()) return;
  const std::lock_guard guard(mutex_);
  if (const auto found = objects_.find(object.id_); found != objects_.end())
    return settle_entry(found->second, object);
  // The object has gone meanwhile: what it referred to then was given back.
  object.arrived_.clear();
  object.departed_.clear();
}

/// What came in first: a value that was moved within the object must not go in between.
void Registry::settle_entry(Entry& entry, Object& object) {
  const auto arrived = std::exchange(object.arrived_, {});
  const auto departed = std::exchange(object.departed_, {});
  if (!arrived.empty() && !entry.references)
    entry.references = std::make_unique<std::unordered_map<ObjectId, std::uint64_t>>();
  for (const ObjectId id : arrived) {
    ++(*entry.references)[id];
    ++objects_.at(id).stored;
  }
  for (const ObjectId id : departed) {
    const auto edge = entry.references->find(id);
    if (--edge->second == 0) entry.references->erase(edge);
    less_stored(id, 1);
  }
  if (entry.references && entry.references->empty()) entry.references.reset();
}

void Registry::less_held(ObjectId id, std::uint64_t references) {
  Entry& entry = objects_.at(id);
  entry.held -= references;
  suspect(id, entry);
}

void Registry::less_stored(ObjectId id, std::uint64_t references) {
  Entry& entry = objects_.at(id);
  entry.stored -= references;
  suspect(id, entry);
}

/// After a release: an object that only objects refer to may be reached by nobody any more. What refers to
/// nothing is on no ring.
void Registry::suspect(ObjectId id, const Entry& entry) {
  if (entry.held > 0) return;
  if (entry.stored == 0)
    dying_.push_back(id);
  else if (!entry.references)
    return;
  else if (++suspects_ < std::max(kLeastSuspects, objects_.size() / kObjectsPerSuspect))
    return;
  untidy_.store(true, std::memory_order_relaxed);
}

void Registry::give_back_references(Entry& entry) {
  if (const auto references = std::move(entry.references))
    for (const auto& [id, count] : *references) less_stored(id, count);
}

/// One after the other, so that a long chain takes no stack.
std::vector<std::shared_ptr<Object>> Registry::take_dying(std::size_t most) {
  std::vector<std::shared_ptr<Object>> dead;
  const std::lock_guard guard(mutex_);
  while (!dying_.empty() && dead.size() < most) {
    const ObjectId id = dying_.back();
    dying_.pop_back();
    const auto found = objects_.find(id);
    if (found == objects_.end()) continue;
    Entry& entry = found->second;
    if (entry.held > 0 || entry.stored > 0) continue;  // fetched or stored again meanwhile
    give_back_references(entry);
    dead.push_back(std::move(entry.object));
    objects_.erase(found);
  }
  return dead;
}

void Registry::bury() {
  for (;;) {
    auto dead = take_dying(kBuriedAtOnce);
    if (dead.empty()) return;
    for (auto& object : dead) going_(std::move(object));
  }
}

void Registry::clean_up() {
  untidy_.store(false, std::memory_order_relaxed);
  bury();
  std::size_t enough = 0;
  {
    const std::lock_guard guard(mutex_);
    enough = std::max(kLeastSuspects, objects_.size() / kObjectsPerSuspect);
  }
  collect_if(enough);
}

void Registry::collect() {
  bury();
  collect_if(1);
}

void Registry::collect_if(std::size_t suspects) {
  std::vector<std::shared_ptr<Object>> garbage;
  {
    const std::lock_guard guard(mutex_);
    if (suspects_ < suspects) return;
    mark_reachable();
    garbage = sweep();
    suspects_ = 0;
  }
  for (auto& object : garbage) going_(std::move(object));
}

void Registry::mark_reachable() {
  ++collections_;
  std::vector<Entry*> reached;
  const auto reach = [&](Entry& entry) {
    if (std::exchange(entry.mark, collections_) != collections_ && entry.references)
      reached.push_back(&entry);
  };
  for (auto& [id, entry] : objects_)
    if (entry.held > 0) reach(entry);
  while (!reached.empty()) {
    Entry& entry = *reached.back();
    reached.pop_back();
    for (const auto& [id, count] : *entry.references) reach(objects_.at(id));
  }
}

std::vector<std::shared_ptr<Object>> Registry::sweep() {
  std::vector<ObjectId> unreachable;
  for (const auto& [id, entry] : objects_)
    if (entry.mark != collections_) unreachable.push_back(id);
  // They refer to each other: all give back first, then all go.
  for (const ObjectId id : unreachable) give_back_references(objects_.at(id));
  std::vector<std::shared_ptr<Object>> garbage;
  for (const ObjectId id : unreachable) garbage.push_back(std::move(objects_.extract(id).mapped().object));
  return garbage;  // `dying_` still names some of them, which take_dying() will not find
}

}  // namespace shmoo::manager
