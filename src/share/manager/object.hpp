// What an object of the server is: something with methods that are called one at a time.
//
// Objects live in the server process. Each has a turn that one thread at a time holds while it calls a
// method, so each call is atomic. They keep values as they came over the wire. A type lists the methods that
// it exposes; any other is refused, and arity is checked before a handler runs.
//
// Values may refer to other objects, which then live as long as the value is kept: an object writes down
// which values come in and go out (keep(), part_with()), and the registry counts after the call. No object
// ever calls another one.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "share/manager/codec.hpp"
#include "share/manager/turn.hpp"

namespace shmoo::manager {

/// A reply in the making: a handler puts exactly one value, or fails, or discards it because the call was
/// parked.
class Reply {
 public:
  Reply(Buffer& out, std::uint64_t request, bool wanted) : out_(out), request_(request), wanted_(wanted) {
    start_ = out.size();
    out.room(sizeof(ReplyHeader));
    out.commit(sizeof(ReplyHeader));
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  /// Where the value goes.
  Buffer& value() { return out_; }
  /// Turns the reply into an error, whatever was put before.
  void fail(ErrorKind kind, std::string_view text) { fail(Status::error, kind, text); }
  /// The last word to a connection.
  void say_goodbye(ErrorKind kind, std::string_view text) { fail(Status::goodbye, kind, text); }
  /// There is no reply (yet).
  void discard() {
    out_.truncate(start_);
    finished_ = true;
  }
  /// Whether there is a value that the client will get; one that is too long for a frame becomes an error
  /// here.
  bool delivers();
  /// The value that was put.
  Encoded body() const { return out_.view().substr(start_ + sizeof(ReplyHeader)); }
  /// Completes the header. Nothing may be put afterwards; finishing again does nothing.
  void finish();

  std::uint64_t request() const { return request_; }
  bool wanted() const { return wanted_; }

 private:
  void fail(Status status, ErrorKind kind, std::string_view text);
  void check_length();

  Buffer& out_;
  std::size_t start_;
  std::uint64_t request_;
  bool wanted_;
  bool finished_ = false;
  Status status_ = Status::value;
  ErrorKind error_ = ErrorKind::none;
};

class Object;
class Connection;

/// A call that waits in the server until an object answers it, its time is up or its client is gone. Tickets
/// grow.
using Ticket = std::uint64_t;

/// What objects ask of the server. Only while their turn (Object::turn) is held, which is so in each of their
/// methods.
class Host {
 public:
  /// Lets the present call wait: its reply comes later. At the time-out (ns; negative = never) it fails with
  /// `kind` and `text`.
  /// @return 0 when this client has too many calls waiting: the reply has been made an error.
  virtual Ticket park(Object& object, Connection& caller, Reply& reply, std::int64_t timeout_ns,
                      ErrorKind kind, std::string text) = 0;
  /// Answers a parked call; the ticket is used up.
  /// @return false when its client has died or hung up meanwhile: nobody hears the answer, and what it would
  /// have brought belongs to the next in line.
  virtual bool answer(Ticket ticket, const std::function<void(Reply&)>& say) = 0;
  /// Whose call it is. May leave at any moment, unless it is bound.
  virtual Connection& caller_of(Ticket ticket) = 0;
  /// `object` wants to hear by left() when this client leaves; unbind() when it does not any more.
  /// @return false when it has left already.
  virtual bool bind(Connection& client, Object& object) = 0;
  virtual void unbind(Connection& client, Object& object) = 0;

 protected:
  ~Host() = default;
};

struct Call {
  Method method;
  std::span<const Encoded> arguments;
  bool refers;  ///< whether there are references in the arguments
  Reply& reply;
  Connection& caller;
  Host& host;

  /// Argument `i`, or `otherwise` when it was not given.
  Encoded argument(std::size_t i, Encoded otherwise) const {
    return i < arguments.size() ? arguments[i] : otherwise;
  }
  template <class... X>
  void give(const X&... x) const {
    put(reply.value(), x...);
  }
};

inline constexpr Encoded kNull{"\0", 1};

/// Any loop may call an object: its methods run under its turn, one at a time.
class Object : public std::enable_shared_from_this<Object> {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
  virtual void call(const Call& call) = 0;
  /// A parked call of this object will not be answered any more: its time was up or its client left.
  virtual void forget(Ticket) {}
  /// A client that may hold something of this object (a lock) is gone.
  virtual void left(Connection&, Host&) {}

  /// What the server notes about it. All but the turn itself is guarded by the turn.
  Turn turn;
  bool gone = false;                 ///< nobody refers to it any more: a call that comes late is refused
  std::uint32_t parked = 0;          ///< calls that wait in it
  std::vector<Connection*> holders;  ///< see Host::bind()

  /// How many references stand in the values that it keeps.
  std::uint64_t references() const { return references_; }
  bool refers() const { return references_ > 0; }

 protected:
  /// Writes down that values (one after the other) have come in, before they are stored.
  void keep(std::string_view values) {
    for_each_reference(values, [this](ObjectId id) {
      arrived_.push_back(id);
      ++references_;
    });
  }
  void keep(const Call& call, std::string_view values) {
    if (call.refers) keep(values);
  }
  /// Writes down that a value goes out.
  void part_with(Encoded value) {
    if (references_ == 0) return;
    for_each_reference(value, [this](ObjectId id) {
      departed_.push_back(id);
      --references_;
    });
  }

 private:
  friend class Registry;  // takes down what was written
  ObjectId id_ = 0;
  std::uint64_t references_ = 0;
  std::vector<ObjectId> arrived_;
  std::vector<ObjectId> departed_;
};

/// Implements Object::call() for a type with `static constexpr std::string_view name` and
/// `static const std::array<Exposed<Self>, n> exposed`.
template <class Self>
struct Exposed {
  Method method;
  std::uint8_t least;  ///< arguments
  std::uint8_t most;
  void (Self::*handler)(const Call&);
};

void refuse_method(const Call& call, std::string_view type);
void refuse_arity(const Call& call, std::string_view type, int least, int most);

template <class Self>
class ObjectOf : public Object {
 public:
  void call(const Call& call) final {
    // By number, so that a call costs the same whatever the order of the list.
    static const auto table = [] {
      std::array<const Exposed<Self>*, static_cast<std::size_t>(Method::limit)> all{};
      for (const Exposed<Self>& entry : Self::exposed) all[static_cast<std::size_t>(entry.method)] = &entry;
      return all;
    }();
    const auto number = static_cast<std::size_t>(call.method);
    const Exposed<Self>* entry = number < table.size() ? table[number] : nullptr;
    if (!entry) return refuse_method(call, Self::name);
    const std::size_t given = call.arguments.size();
    if (given < entry->least || given > entry->most)
      return refuse_arity(call, Self::name, entry->least, entry->most);
    (static_cast<Self*>(this)->*entry->handler)(call);
  }
};

}  // namespace shmoo::manager
