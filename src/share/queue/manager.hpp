// queue/manager, manager_shm, manager_tcp: a queue in a server process of its own, reached over a private
// Unix socket, over shared memory, over TCP. See share/manager/README.md.
//
// Any process and thread may call anything at any time, each over a connection of its own that is made at its
// first call. A put into a full queue and a get from an empty one wait in the server, in the order they came,
// and stop nobody else. Lifetime: the server ends with the handle in the process that made it, or with that
// process. A client that dies while it waits leaves the line; an item that was on its way to it is lost with
// it. Errors: manager::ConnectionLost when the server is gone.
#pragma once
#include <algorithm>
#include <vector>

#include "share/managed.hpp"
#include "share/manager/manager.hpp"
#include "share/queue/contract.hpp"

namespace shmoo::queue {

class ManagerQueue {
 public:
  ManagerQueue(manager::Transport transport, const Shape& shape)
      : shape_(shape),
        manager_(manager::Manager::Options{.transport = transport}),
        queue_(manager_.create(manager::Type::queue, static_cast<std::int64_t>(bound(shape)))) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    const manager::Answer answer =
        queue_.ask(Method::put, manager::Bytes{{reinterpret_cast<const char*>(item.data()), item.size()}},
                   timeout(deadline));
    if (answer.error == manager::ErrorKind::full) return Put::full;
    if (answer.error == manager::ErrorKind::closed) return Put::closed;
    static_cast<void>(answer.value());
    return Put::ok;
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    const manager::Answer answer = queue_.ask(Method::get, timeout(deadline));
    if (answer.error == manager::ErrorKind::empty) return {Got::empty};
    if (answer.error == manager::ErrorKind::closed) return {Got::closed};
    const std::string_view item = manager::bytes_of(answer.value(), "an item");
    std::copy_n(reinterpret_cast<const std::byte*>(item.data()), item.size(), buffer.data());
    return {Got::ok, item.size()};
  }

  void close() { static_cast<void>(queue_.ask(Method::close).value()); }
  /// Nothing to do: an item that was put is in the server.
  void flush() {}
  std::size_t size() const {
    return static_cast<std::size_t>(manager::integer_of(queue_.ask(Method::len).value(), "a size"));
  }

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {manager_.pid()}; }

 private:
  using Method = manager::Method;

  /// Ours is 1024 items, fewer when they are so long that they would take more than 64 MiB, but at least 8.
  static std::size_t bound(const Shape& shape) {
    if (shape.max_items > 0) return shape.max_items;
    return std::clamp<std::size_t>((64 << 20) / std::max<std::size_t>(shape.max_bytes, 1), 8, 1024);
  }
  static std::int64_t timeout(Deadline deadline) { return deadline.is_never() ? -1 : deadline.left_ns(); }

  Shape shape_;
  manager::Manager manager_;
  manager::Reference queue_;
};

template <Transport transport>
struct ManagerBy {
  static constexpr About about =
      managed(transport, "only an item on its way to the dead is lost; all others go on");
  struct Type : ManagerQueue {
    explicit Type(const Shape& shape) : ManagerQueue(transport, shape) {}
  };
  static std::string refusal(const Shape& shape) {
    return shape.max_bytes > manager::kMaxPayload ? "an item must fit a frame of 64 MiB" : "";
  }
};

using Manager = ManagerBy<Transport::socket>;
using ManagerShm = ManagerBy<Transport::shm>;
using ManagerTcp = ManagerBy<Transport::tcp>;

}  // namespace shmoo::queue
