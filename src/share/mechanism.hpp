// What every mechanism says about itself, and how a list of mechanisms is walked.
//
// A mechanism is a struct with
//   static constexpr About about;                          what it is called and what it promises
//   template <class T> using Of = ...;                     (Value, Array) the type that keeps the contract
//   for T template <class T> static constexpr const char* refusal;   (Value) why it cannot hold T, or nullptr
//   template <class T> static std::string refusal(elements);   (Array) why it cannot hold so many T, or ""
//   using Type = ...;                                      (Queue, Dict) the type that keeps the contract
// and is known to the rest of the project by one line in share/catalog/.
#pragma once
#include <string_view>
#include <tuple>

#include "share/transport.hpp"

namespace shmoo {

struct About {
  std::string_view name;     ///< as in cell names
  std::string_view summary;  ///< one line: how it works
  std::string_view
      peer_death;  ///< one line: what happens to the others when a process dies in the middle of an operation
  bool isolated = false;       ///< a snapshot: what a process writes after fork stays its own
  bool loses_updates = false;  ///< compound updates by several processes may be lost
  bool tears = false;          ///< a reader may see half of a write (of more than one machine word)
  // What bounds it from below, and what can be turned about it.
  bool locked =
      false;           ///< each operation takes a lock: at least one atomic step, one process after the other
  bool apart = false;  ///< each process updates a line of its own
  bool served = false;   ///< a server process carries the operations out, each by one request and one reply
  bool helped = false;   ///< a thread of the caller's process carries on what the call began
  bool patient = false;  ///< spins before it sleeps, as sync::patience() says: it has the wait axis
  bool delegates =
      false;  ///< its timed loop runs in a process of another language: single operations are not seen
  Transport transport = Transport::socket;  ///< of one that is served
};

/// Calls visit.operator()<M>() for each mechanism of a std::tuple<M...>, in order.
template <class List, class Visit>
constexpr void for_each_mechanism(Visit visit) {
  [&]<class... M>(std::tuple<M...>*) { (visit.template operator()<M>(), ...); }(static_cast<List*>(nullptr));
}

}  // namespace shmoo
