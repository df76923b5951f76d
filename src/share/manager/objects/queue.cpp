// queue: values in the order they were put. A get from an empty queue and a put into a full one wait in the
// server, in the order they came, without stopping anybody else.
#include <deque>
#include <map>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Queue final : public ObjectOf<Queue> {
 public:
  static constexpr std::string_view name = "queue";
  static const std::array<Exposed<Queue>, 6> exposed;

  explicit Queue(std::size_t bound) : bound_(bound) {}

  void forget(Ticket ticket) override {
    getters_.erase(ticket);
    if (const auto putter = putters_.find(ticket); putter != putters_.end()) {
      part_with(putter->second);
      putters_.erase(putter);
    }
  }

 private:
  static constexpr std::string_view kClosed = "the queue is closed";

  bool full() const { return bound_ != 0 && items_.size() >= bound_; }

  /// (value, ns to wait; negative = for ever): Full at the time-out, Closed after close.
  void put_item(const Call& call) {
    const std::int64_t timeout = integer_of(call.arguments[1], "a time-out");
    if (closed_) return call.reply.fail(ErrorKind::closed, kClosed);
    if (full()) {
      if (timeout == 0) return call.reply.fail(ErrorKind::full, "the queue is full");
      std::string item(call.arguments[0]);
      const Ticket ticket =
          call.host.park(*this, call.caller, call.reply, timeout, ErrorKind::full, "the queue is full");
      if (ticket == 0) return;
      keep(call, item);
      putters_.emplace(ticket, std::move(item));
      return;
    }
    call.give(nullptr);
    while (!getters_.empty()) {
      const Ticket getter = getters_.extract(getters_.begin()).key();
      if (call.host.answer(getter, [&](Reply& reply) { put(reply.value(), Raw{call.arguments[0]}); })) return;
    }
    keep(call, call.arguments[0]);
    items_.emplace_back(call.arguments[0]);
  }

  /// (ns to wait; negative = for ever): Empty at the time-out, Closed after close when nothing is left.
  void get(const Call& call) {
    const std::int64_t timeout = integer_of(call.arguments[0], "a time-out");
    if (items_.empty()) {
      if (closed_) return call.reply.fail(ErrorKind::closed, kClosed);
      if (timeout == 0) return call.reply.fail(ErrorKind::empty, "the queue is empty");
      const Ticket ticket =
          call.host.park(*this, call.caller, call.reply, timeout, ErrorKind::empty, "the queue is empty");
      if (ticket != 0) getters_.emplace(ticket, nullptr);
      return;
    }
    call.give(Raw{items_.front()});
    part_with(items_.front());
    items_.pop_front();
    while (!putters_.empty() && !full()) {
      auto putter = putters_.extract(putters_.begin());
      if (call.host.answer(putter.key(), [](Reply& reply) { put(reply.value(), nullptr); }))
        items_.push_back(std::move(putter.mapped()));
      else
        part_with(putter.mapped());
    }
  }

  void len(const Call& call) { call.give(items_.size()); }
  void empty(const Call& call) { call.give(items_.empty()); }
  void is_full(const Call& call) { call.give(full()); }

  void close(const Call& call) {
    closed_ = true;
    call.give(nullptr);
    const auto say_closed = [](Reply& reply) { reply.fail(ErrorKind::closed, kClosed); };
    while (!getters_.empty()) call.host.answer(getters_.extract(getters_.begin()).key(), say_closed);
    while (!putters_.empty()) {
      const auto putter = putters_.extract(putters_.begin());
      part_with(putter.mapped());
      call.host.answer(putter.key(), say_closed);
    }
  }

  std::size_t bound_;
  bool closed_ = false;
  std::deque<std::string> items_;
  // Tickets grow, so the first of a map came first. Getters only wait while there are no items, putters while
  // it is full.
  std::map<Ticket, std::nullptr_t> getters_;
  std::map<Ticket, std::string> putters_;
};

const std::array<Exposed<Queue>, 6> Queue::exposed{{
    {Method::put, 2, 2, &Queue::put_item},
    {Method::get, 1, 1, &Queue::get},
    {Method::len, 0, 0, &Queue::len},
    {Method::empty, 0, 0, &Queue::empty},
    {Method::full, 0, 0, &Queue::is_full},
    {Method::close, 0, 0, &Queue::close},
}};

}  // namespace

std::unique_ptr<Object> make_queue(Arguments arguments) {
  check_creation(arguments, Queue::name, 0, 1);
  const std::int64_t bound = arguments.empty() ? 0 : integer_of(arguments[0], "the bound of a queue");
  return std::make_unique<Queue>(bound < 0 ? 0 : static_cast<std::size_t>(bound));
}

}  // namespace shmoo::manager
