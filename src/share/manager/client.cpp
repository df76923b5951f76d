#include "share/manager/client.hpp"

#include "posix/fork_generation.hpp"

namespace shmoo::manager {

Reference::State::State(std::shared_ptr<Place> where, ObjectId what)
    : place(std::move(where)), id(what), generation(posix::fork_generation()) {}

Reference::State::~State() {
  if (generation.load(std::memory_order_relaxed) != posix::fork_generation())
    return;  // the parent's, not ours
  try {
    Link& link = Place::link(place);
    put(link.begin(kServer, Method::release, 1, kOneWay), id);
    link.end();
    link.flush();
  } catch (const std::exception&) {
    // The server is gone, and the object with it.
  }
}

Reference::Reference(std::shared_ptr<Place> place, ObjectId id)
    : state_(std::make_shared<State>(std::move(place), id)) {}

Link& Reference::link() const {
  Link& link = Place::link(state_->place);
  attach_to(link);
  return link;
}

void Reference::secure() const {
  if (!state_) throw ValueError("a reference to nothing");
  if (Link& link = Place::link(state_->place); attach_to(link)) link.flush();
}

/// @return whether a request was added. It travels with the call that follows; should the object be gone,
/// that call says so.
bool Reference::attach_to(Link& link) const {
  const std::uint64_t now = posix::fork_generation();
  std::uint64_t seen = state_->generation.load(std::memory_order_relaxed);
  if (seen == now || !state_->generation.compare_exchange_strong(seen, now, std::memory_order_relaxed))
    return false;
  put(link.begin(kServer, Method::attach, 1, kOneWay), state_->id);
  link.end();
  return true;
}

Client::Client(const std::string& address, const std::string& key)
    : place_(std::make_shared<Place>(Address::parse(address), key)) {}

Reference Client::attach(ObjectId id) const {
  static_cast<void>(ask(Place::link(place_), kServer, Method::attach, id).value());
  return {place_, id};
}

std::size_t Client::objects() const {
  const Answer answer = ask(Place::link(place_), kServer, Method::objects);
  return static_cast<std::size_t>(integer_of(answer.value(), "a number of objects"));
}

}  // namespace shmoo::manager
