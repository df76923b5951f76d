// Which objects there are, which refer to which, and who keeps them alive.
//
// Any thread of the server may call anything; a mutex of its own guards all of it, Holdings included. No
// object is called or destroyed while it is held; it may be taken while an object's turn is.
//
// An object lives as long as a session (a client process, however many connections it has) holds a reference
// to it, or a call under way names it, or an object that lives refers to it. The first two are counted in
// `held`, the third in `stored`: an object goes when both are 0. A session's references are given back when
// its last connection is gone, so a client that is killed leaks nothing. Objects that only keep each other
// alive are found by a collector, which walks the graph from what is held; its work is amortised over the
// releases that may have left such a ring behind (see suspect()).
#pragma once
#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "share/manager/object.hpp"

namespace shmoo::manager {

/// What a client process owns here. Guarded by the Registry.
struct Holdings {
  std::unordered_map<ObjectId, std::uint64_t> references;
};

class Registry {
 public:
  /// `going` is given each object that nobody refers to any more, on the thread that calls tidy() or another
  /// function that destroys; with no mutex held, but perhaps in the middle of another object's call.
  using Going = std::function<void(std::shared_ptr<Object>)>;
  /// Ids start at random, unless a number is given.
  explicit Registry(Going going);
  Registry(Going going, std::uint64_t first_number);

  /// Takes an object in; `owner` has the first reference to it.
  ObjectId add(std::shared_ptr<Object> object, Type type, Holdings& owner);
  /// Null when there is no such object (any more).
  std::shared_ptr<Object> find(ObjectId id) const;
  /// One reference more for `owner`. Throws ReferenceError when there is no such object.
  void attach(ObjectId id, Holdings& owner);
  /// One reference less. Throws ReferenceError when `owner` has none.
  void release(ObjectId id, Holdings& owner);
  /// Gives back all that `owner` has, and parts with what thereby goes.
  void release_all(Holdings& owner);

  /// Objects that the arguments of a call refer to live at least as long as this.
  class Pins {
   public:
    Pins() = default;
    Pins(const Pins&) = delete;
    Pins& operator=(const Pins&) = delete;
    ~Pins() {
      if (registry_) registry_->unpin(ids_);
    }

   private:
    friend class Registry;
    Registry* registry_ = nullptr;
    std::vector<ObjectId> ids_;
  };
  /// Throws ReferenceError, and pins nothing, when one of them does not exist (any more).
  void pin(std::span<const Encoded> arguments, Pins& pins);
  /// A value goes to a client: it has one reference more for each that stands there. Throws ReferenceError,
  /// and grants nothing, when one of them does not exist any more: the object that kept it has just gone.
  void grant(Encoded value, Holdings& owner);
  /// Takes down what `object` wrote about values that came in and went out. What came in must still be
  /// pinned. By who may call the object.
  void settle(Object& object);

  /// Parts with what nobody refers to any more, and with rings of objects when enough may have gathered.
  /// After each call.
  void tidy() {
    if (untidy_.load(std::memory_order_relaxed)) clean_up();
  }
  /// Parts with all rings that nobody can reach.
  void collect();
  std::size_t size() const;
  /// Whether all counts are what they must be between two calls, when these are all the holdings there are.
  /// For tests: visits everything.
  bool consistent(std::span<const Holdings* const> all) const;

 private:
  struct Entry {
    std::shared_ptr<Object> object;
    std::uint64_t held = 0;
    std::uint64_t stored = 0;
    std::uint64_t mark = 0;  // of the last collection that reached it
    // What it refers to, and how often. Null for the many that refer to nothing.
    std::unique_ptr<std::unordered_map<ObjectId, std::uint64_t>> references;
  };
  using Entries = std::unordered_map<ObjectId, Entry>;

  void unpin(const std::vector<ObjectId>& ids);
  void less_held(ObjectId id, std::uint64_t references);
  void less_stored(ObjectId id, std::uint64_t references);
  void suspect(ObjectId id, const Entry& entry);
  void give_back_references(Entry& entry);
  void settle_entry(Entry& entry, Object& object);
  std::vector<std::shared_ptr<Object>> take_dying(std::size_t most);
  std::vector<std::shared_ptr<Object>> take_unreachable();
  void mark_reachable();
  std::vector<std::shared_ptr<Object>> sweep();
  void bury();
  void clean_up();
  void collect_if(std::size_t suspects);

  Going going_;
  mutable std::mutex mutex_;
  Entries objects_;
  std::uint64_t next_;
  std::vector<ObjectId> dying_;    // nobody referred to them at some time
  std::size_t suspects_ = 0;       // releases since the last collection that may have left a ring behind
  std::uint64_t collections_ = 0;  // so far
  std::atomic<bool> untidy_ = false;
};

/// Throws ReferenceError.
[[noreturn]] void no_object(ObjectId id);

}  // namespace shmoo::manager
