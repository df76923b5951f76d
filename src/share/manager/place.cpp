#include "share/manager/place.hpp"

#include <atomic>

#include "posix/fork_generation.hpp"
#include "share/manager/connect.hpp"

namespace shmoo::manager {

/// The connections of one thread.
class ThreadLinks {
 public:
  ThreadLinks() = default;
  ThreadLinks(const ThreadLinks&) = delete;
  ThreadLinks& operator=(const ThreadLinks&) = delete;
  ~ThreadLinks() {
    for (Entry& entry : entries_)
      if (const auto place = entry.place.lock(); place && !entry.link->broken() && !entry.link->holds_lock())
        place->leave_idle(std::move(entry.link), generation_);
  }

  Link& to(const std::shared_ptr<Place>& place) {
    if (last_ && last_place_ == place->id() && generation_ == posix::fork_generation() && !last_->broken())
      return *last_;
    return search(place);
  }

 private:
  struct Entry {
    std::weak_ptr<Place> place;
    std::uint64_t id;
    std::unique_ptr<Link> link;
  };

  Link& search(const std::shared_ptr<Place>& place) {
    last_ = nullptr;
    // What fork left here are the parent's connections: closing our copies of the descriptors does not
    // disturb it.
    if (generation_ != posix::fork_generation()) entries_.clear();
    generation_ = posix::fork_generation();
    std::erase_if(entries_, [](const Entry& entry) { return entry.place.expired() || entry.link->broken(); });
    for (Entry& entry : entries_)
      if (entry.id == place->id()) return remember(entry);
    auto link = place->take_idle();
    if (!link) link = std::make_unique<Link>(place->connect());
    return remember(entries_.emplace_back(Entry{place, place->id(), std::move(link)}));
  }
  Link& remember(Entry& entry) {
    last_place_ = entry.id;
    return *(last_ = entry.link.get());
  }

  std::vector<Entry> entries_;
  std::uint64_t generation_ = posix::fork_generation();
  std::uint64_t last_place_ = 0;
  Link* last_ = nullptr;
};

Place::Place(Address address, std::string key) : address_(std::move(address)), key_(std::move(key)) {
  static std::atomic<std::uint64_t> count{0};
  id_ = ++count;
}

Link& Place::link(const std::shared_ptr<Place>& place) {
  static thread_local ThreadLinks links;
  return links.to(place);
}

std::unique_ptr<ClientWire> Place::connect() const {
  return manager::connect(address_, key_);
}

// Only tried, never waited for: a child of a process that forked in the middle of this finds the lock taken
// for ever, and then simply does not share connections between its threads.
std::unique_ptr<Link> Place::take_idle() {
  const std::unique_lock guard(mutex_, std::try_to_lock);
  if (!guard || idle_.empty()) return nullptr;
  if (idle_generation_ != posix::fork_generation()) {
    idle_.clear();
    return nullptr;
  }
  auto link = std::move(idle_.back());
  idle_.pop_back();
  return link;
}

void Place::leave_idle(std::unique_ptr<Link> link, std::uint64_t generation) {
  const std::unique_lock guard(mutex_, std::try_to_lock);
  if (!guard || generation != posix::fork_generation()) return;
  if (idle_generation_ != generation) idle_.clear();
  idle_generation_ = generation;
  idle_.push_back(std::move(link));
}

}  // namespace shmoo::manager
