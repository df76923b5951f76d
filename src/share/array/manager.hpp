// array/manager, manager_shm, manager_tcp: an array in a server process of its own, reached over a private
// Unix socket, over shared memory, over TCP. See share/manager/README.md.
//
// Any process and thread may call anything at any time, each over a connection of its own that is made at its
// first call; the server takes one call after the other, so that a slice is whole. A slice travels in one
// frame, which bounds the array. Lifetime: the server ends with the handle in the process that made it, or
// with that process. A client that dies disturbs nobody. Errors: manager::ConnectionLost when the server is
// gone.
#pragma once
#include <array>
#include <cstring>
#include <vector>

#include "share/array/contract.hpp"
#include "share/managed.hpp"
#include "share/manager/manager.hpp"

namespace shmoo::array {

template <class T>
class ManagerArray {
 public:
  using value_type = T;
  ManagerArray(manager::Transport transport, std::size_t size)
      : size_(size),
        manager_(manager::Manager::Options{.transport = transport}),
        array_(manager_.create(manager::Type::array, std::int64_t{sizeof(T)},
                               static_cast<std::int64_t>(size))) {}

  std::size_t size() const { return size_; }

  T get(std::size_t i) const {
    check_index(i, size_);
    T x;
    copy_out(array_.ask(Method::getitem, position(i)).value(), {&x, 1});
    return x;
  }
  void set(std::size_t i, T x) {
    check_index(i, size_);
    static_cast<void>(array_.ask(Method::setitem, position(i), bytes_of_slice({&x, 1})).value());
  }

  /// Compare-and-swap in the server until no other client came in between: `change` may run more than once.
  /// One trip to read, one per attempt.
  template <class Change>
  void update(std::size_t i, Change change) {
    check_index(i, size_);
    // Bytes, not a T: padding must come back as it was, or the server finds another element than it gave.
    std::array<char, sizeof(T)> seen;
    copy_bytes(array_.ask(Method::getitem, position(i)).value(), seen.data(), sizeof(T));
    for (;;) {
      T next;
      std::memcpy(&next, seen.data(), sizeof(T));
      change(next);
      const manager::Answer answer = array_.ask(
          Method::swap, position(i), manager::Bytes{{seen.data(), seen.size()}}, bytes_of_slice({&next, 1}));
      manager::Walk outcome(answer.value(), manager::Tag::list, "the outcome of a swap");
      if (manager::tag_of(outcome.next()) == manager::Tag::yes) return;
      copy_bytes(outcome.next(), seen.data(), sizeof(T));
    }
  }

  void read(std::size_t first, std::span<T> out) const {
    check_range(first, out.size(), size_);
    copy_out(array_.ask(Method::getslice, position(first), position(first + out.size())).value(), out);
  }
  void write(std::size_t first, std::span<const T> in) {
    check_range(first, in.size(), size_);
    static_cast<void>(
        array_.ask(Method::setslice, position(first), position(first + in.size()), bytes_of_slice(in))
            .value());
  }

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {manager_.pid()}; }

 private:
  using Method = manager::Method;
  static std::int64_t position(std::size_t i) { return static_cast<std::int64_t>(i); }
  static manager::Bytes bytes_of_slice(std::span<const T> elements) {
    return {{reinterpret_cast<const char*>(elements.data()), elements.size_bytes()}};
  }
  static void copy_bytes(manager::Encoded value, void* to, std::size_t bytes) {
    const std::string_view content = manager::bytes_of(value, "elements");
    if (content.size() != bytes) throw manager::TypeError("the server sent another number of elements");
    if (bytes > 0) std::memcpy(to, content.data(), bytes);
  }
  static void copy_out(manager::Encoded value, std::span<T> out) {
    copy_bytes(value, out.data(), out.size_bytes());
  }

  std::size_t size_;
  manager::Manager manager_;
  manager::Reference array_;
};

template <Transport transport>
struct ManagerBy {
  static constexpr About about = managed(transport);
  template <class T>
  static std::string refusal(std::size_t elements) {
    return elements > manager::kMaxPayload / sizeof(T) ? "a slice must fit a frame of 64 MiB" : "";
  }
  template <class T>
  struct Of : ManagerArray<T> {
    explicit Of(std::size_t size) : ManagerArray<T>(transport, size) {}
    explicit Of(std::span<const T> initial) : Of(initial.size()) { this->write(0, initial); }
  };
};

using Manager = ManagerBy<Transport::socket>;
using ManagerShm = ManagerBy<Transport::shm>;
using ManagerTcp = ManagerBy<Transport::tcp>;

}  // namespace shmoo::array
