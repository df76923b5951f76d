// How a process talks to a manager's server: clients make objects, references call them.
//
// Any process that may enter the server's folder can be a client, or that knows the key, over TCP; every
// thread may use any client or reference, each through a connection of its own. Both may be copied, and used
// after fork: the child takes a reference of its own at its first call. Errors of a call: the server's, as
// the exception classes of error.hpp; ConnectionLost when the server is gone.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "share/manager/place.hpp"

namespace shmoo::manager {

/// What has to be done before an argument is put into a frame: nothing, but for references.
template <class Argument>
void before_put(const Argument&) {}

/// Makes one call and waits for its answer, which is valid until this thread's next call.
template <class... Argument>
Answer ask(Link& link, ObjectId object, Method method, const Argument&... arguments) {
  (before_put(arguments), ...);
  Buffer& out = link.begin(object, method, sizeof...(arguments));
  try {
    (put(out, arguments), ...);
  } catch (...) {
    link.abandon();
    throw;
  }
  const std::uint64_t request = link.end();
  link.flush();
  return link.await(request);
}

/// A reference to an object of the server: the object lives at least as long. Copies share it; the last one
/// gives it back.
class Reference {
 public:
  Reference() = default;
  /// Takes over a reference that this process has got from the server (by `create`, or in a reply).
  Reference(std::shared_ptr<Place> place, ObjectId id);

  explicit operator bool() const { return state_ != nullptr; }
  ObjectId id() const { return state_->id; }
  const std::shared_ptr<Place>& place() const { return state_->place; }
  /// This thread's connection, after this process has made sure of its reference.
  Link& link() const;
  /// Makes sure of this process's reference at once: needed before the server may be told of the object over
  /// any connection.
  void secure() const;

  template <class... Argument>
  Answer ask(Method method, const Argument&... arguments) const {
    return manager::ask(link(), state_->id, method, arguments...);
  }

 private:
  struct State {
    State(std::shared_ptr<Place> where, ObjectId what);
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();
    std::shared_ptr<Place> place;
    ObjectId id;
    std::atomic<std::uint64_t> generation;  // of the process that last took a reference
  };
  bool attach_to(Link& link) const;
  std::shared_ptr<State> state_;
};

inline void before_put(const Reference& reference) {
  reference.secure();
}
/// As an argument, a reference to the object. After before_put().
inline void put(Buffer& out, const Reference& reference) {
  put(out, Refer{reference.id()});
}

class Client {
 public:
  /// Of the server at `address` (see address.hpp), over TCP with its key; connects when first used. Throws
  /// std::invalid_argument for what is no address.
  explicit Client(const std::string& address, const std::string& key = "");

  /// As it was given, or as another process can be given it.
  std::string address() const { return place_->address().text(); }
  const std::shared_ptr<Place>& place() const { return place_; }

  /// Makes an object: one round trip. `arguments` as in objects.hpp.
  template <class... Argument>
  Reference create(Type type, const Argument&... arguments) const {
    const Answer answer =
        ask(Place::link(place_), kServer, Method::create, static_cast<int>(type), arguments...);
    return {place_, static_cast<ObjectId>(integer_of(answer.value(), "an object's id"))};
  }
  /// A reference to an object that somebody else made. Throws ReferenceError when it is not there.
  Reference attach(ObjectId id) const;
  /// How many objects the server has.
  std::size_t objects() const;

 protected:
  explicit Client(std::shared_ptr<Place> place) : place_(std::move(place)) {}
  std::shared_ptr<Place> place_;
};

}  // namespace shmoo::manager
