// value/manager, manager_shm, manager_tcp: a value in a server process of its own, reached over a private
// Unix socket, over shared memory, over TCP. See share/manager/README.md.
//
// Any process and thread may call anything at any time, each over a connection of its own that is made at its
// first call; the server takes one call after the other. Integers and reals live in the server as numbers, so
// that add() is one trip; other types as their bytes. Lifetime: the server ends with the handle in the
// process that made it, or with that process. A client that dies disturbs nobody. Errors:
// manager::ConnectionLost when the server is gone.
#pragma once
#include <type_traits>
#include <vector>

#include "share/managed.hpp"
#include "share/manager/manager.hpp"
#include "share/value/contract.hpp"

namespace shmoo::value {

template <class T>
class ManagerValue {
  static_assert(std::is_trivially_copyable_v<T>, "processes share bytes");

 public:
  using value_type = T;
  ManagerValue(manager::Transport transport, T initial)
      : manager_(manager::Manager::Options{.transport = transport}),
        value_(manager_.create(manager::Type::value, Content{initial})) {}

  T get() const { return decoded(value_.ask(Method::get).value()); }
  void set(const T& x) { static_cast<void>(value_.ask(Method::set, Content{x}).value()); }

  /// Compare-and-swap in the server until no other client came in between: `change` may run more than once.
  /// One trip to read, one per attempt. Compares the bytes as the server gave them, padding included.
  template <class Change>
  void update(Change change) {
    std::string seen(value_.ask(Method::get).value());
    for (;;) {
      T next = decoded(seen);
      change(next);
      const manager::Answer answer = value_.ask(Method::swap, manager::Raw{seen}, Content{next});
      manager::Walk outcome(answer.value(), manager::Tag::list, "the outcome of a swap");
      if (manager::tag_of(outcome.next()) == manager::Tag::yes) return;
      seen.assign(outcome.next());
    }
  }

  void add(T x) requires std::is_arithmetic_v<T> {
    if constexpr (kInteger || kReal)
      static_cast<void>(value_.ask(Method::add, Content{x}).value());
    else
      update([x](T& value) { value = static_cast<T>(value + x); });
  }

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {manager_.pid()}; }

 private:
  using Method = manager::Method;
  // As the server's integer, which wraps modulo 2^64: cut to T's bits that is T's own arithmetic, but bool's.
  static constexpr bool kInteger = std::is_integral_v<T> && !std::is_same_v<T, bool>;
  static constexpr bool kReal = std::is_same_v<T, double>;

  struct Content {
    const T& x;
    friend void put(manager::Buffer& out, const Content& content) {
      if constexpr (kInteger)
        manager::put(out, static_cast<std::int64_t>(content.x));
      else if constexpr (kReal)
        manager::put(out, content.x);
      else
        manager::put(out, manager::Bytes{{reinterpret_cast<const char*>(&content.x), sizeof(T)}});
    }
  };

  static T decoded(manager::Encoded value) {
    if constexpr (kInteger) return static_cast<T>(manager::integer_of(value, "the value"));
    T copy;
    if constexpr (kReal) {
      copy = manager::number_of<double>(value);
    } else if constexpr (!kInteger) {
      const std::string_view bytes = manager::bytes_of(value, "the value");
      if (bytes.size() != sizeof(T)) throw manager::TypeError("the server's value has another size");
      std::memcpy(&copy, bytes.data(), sizeof(T));
    }
    return copy;
  }

  manager::Manager manager_;
  manager::Reference value_;
};

template <Transport transport>
struct ManagerBy {
  static constexpr About about = managed(transport);
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  struct Of : ManagerValue<T> {
    explicit Of(T initial = T{}) : ManagerValue<T>(transport, initial) {}
  };
};

using Manager = ManagerBy<Transport::socket>;
using ManagerShm = ManagerBy<Transport::shm>;
using ManagerTcp = ManagerBy<Transport::tcp>;

}  // namespace shmoo::value
