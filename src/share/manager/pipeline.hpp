// Calls that do not depend on each other, sent together: many requests in one write, one wait for all of
// them.
//
// Belongs to one thread. The server carries the calls out in the order they were added, except that one which
// has to wait (queue get) lets those behind it pass. Errors come out of take(), each from its own call.
// Proxies in an answer that is not taken are given back when this thread has read it, with a later call of
// its own.
#pragma once
#include <utility>
#include <vector>

#include "share/manager/client.hpp"
#include "share/manager/json.hpp"

namespace shmoo::manager {

class Pipeline {
 public:
  explicit Pipeline(const Client& client) : place_(client.place()), serial_(Place::link(place_).serial()) {}
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  /// Does not wait: answers that were not taken are dropped when they come. Calls that were added and not
  /// sent go out with the thread's next call.
  ~Pipeline() {
    try {
      for (const Sent& sent : sent_)
        if (!sent.taken) link().drop(sent.request);
    } catch (const std::exception&) {
      // The connection is gone, and the answers with it.
    }
  }

  /// Adds a call. @return its number for take().
  template <class... Argument>
  std::size_t add(const Reference& object, Method method, const Argument&... arguments) {
    (before_put(arguments), ...);
    static_cast<void>(object.link());  // this process's reference to it goes ahead
    Link& way = link();
    Buffer& out = way.begin(object.id(), method, sizeof...(arguments));
    try {
      (put(out, arguments), ...);
    } catch (...) {
      way.abandon();
      throw;
    }
    sent_.push_back({way.end()});
    return sent_.size() - 1;
  }
  /// Sends all that was added since the last time.
  void send() { link().flush(); }
  /// The value that call `number` gave; each once, in any order, after send(). Throws the server's error.
  json take(std::size_t number) {
    Sent& sent = sent_.at(number);
    if (std::exchange(sent.taken, true)) throw std::logic_error("an answer of a pipeline is taken twice");
    return to_json(link().await(sent.request).value(), place_);
  }

 private:
  struct Sent {
    std::uint64_t request;
    bool taken = false;
  };
  /// Throws ConnectionLost when the connection that the calls went over is not there any more.
  Link& link() {
    Link& link = Place::link(place_);
    if (link.serial() != serial_) throw ConnectionLost("the pipeline's connection is gone");
    return link;
  }

  std::shared_ptr<Place> place_;
  std::uint64_t serial_;
  std::vector<Sent> sent_;
};

}  // namespace shmoo::manager
