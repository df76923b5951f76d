// queue/spsc_ring: one producer, one consumer, no lock and no atomic read-modify-write.
//
// Each slot carries its own lap number in the line where the item begins: the consumer reads that line and
// has the item, and no index is shared on the way. The lap also says that the slot is new, so nothing is
// written back to it. What was consumed is told in a line of its own, once in a while (`credit`); a producer
// that must know looks at the consumer's position itself. Who waits spins, then sleeps; with nobody asleep
// neither side makes a system call or a fence.
// Techniques: FastForward (Giacomoni 2008) for slots that speak for themselves, lap numbers instead of its
// empty marks; membarrier(2) for the sleeper's half of the hand-shake (see sync/lopsided_fence.hpp).
//
// One thread at a time may put and one may get, in any two processes; another one may take over a role when
// the caller orders it so. close() and size() are for everybody. Lifetime: the handle owns the mapping;
// children inherit it.
// Death of the producer: what it was putting is not in the queue; the ring is whole, and a successor may go
// on. Death of the consumer: what it was getting is still in the queue, for a successor. The other side is
// not told: it waits until its deadline.
#pragma once
#include <atomic>
#include <bit>

#include "posix/liveness.hpp"
#include "posix/mapping.hpp"
#include "posix/thread_id.hpp"
#include "share/queue/slots.hpp"
#include "sync/doorbell.hpp"

namespace shmoo::queue {

class SpscRingQueue {
 public:
  explicit SpscRingQueue(const Shape& shape)
      : shape_(shape),
        slots_(slot_count(shape)),
        slot_bytes_(slot_bytes(shape)),
        credit_mask_(std::bit_floor(std::max(slots_ / 8, 1u)) - 1),
        control_(slots_ * slot_bytes_),
        first_slot_(control_.tail()) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    Control& c = *control_;
    Ticket ticket = c.tail.load(std::memory_order_relaxed);
    if (c.begun.load(std::memory_order_relaxed) != ticket) [[unlikely]]
      ticket = go_on_for_dead_producer(ticket);
    if (ticket == c.limit) [[unlikely]]
      if (const Put no = wait_for_room(ticket, deadline); no != Put::ok) return no;

    const Ticket next = after(ticket, slots_);
    c.producer.store(posix::thread_id(), std::memory_order_relaxed);
    c.begun.store(next, std::memory_order_relaxed);
    c.fence.light();  // against the consumer's heavy one: it sees a put under way, or we see the close
    if (c.closed.load(std::memory_order_relaxed)) [[unlikely]] {
      c.begun.store(ticket, std::memory_order_relaxed);
      return Put::closed;
    }
    std::byte* const slot = slot_of(ticket);
    copy_item(slot + sizeof(Word), item.data(), item.size());
    word(slot).store(Word{lap_of(ticket)} << 32 | item.size(), std::memory_order_release);
    c.tail.store(next, std::memory_order_release);
    c.filled.ring_all();
    if (next != c.limit) prefetch_to_write(slot_of(next));
    return Put::ok;
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    Control& c = *control_;
    const Ticket ticket = c.head.load(std::memory_order_relaxed);
    const std::byte* const slot = slot_of(ticket);
    Word found = word(slot).load(std::memory_order_acquire);
    if (found >> 32 != lap_of(ticket)) {
      if (const Got::Status no = wait_for_item(ticket, deadline); no != Got::ok) return {no};
      found = word(slot).load(std::memory_order_acquire);
    }
    const std::size_t bytes = found & 0xffff'ffff;
    copy_item(buffer.data(), slot + sizeof(Word), bytes);
    const Ticket next = after(ticket, slots_);
    c.head.store(next, std::memory_order_release);
    if ((index_of(next) & credit_mask_) == 0) c.credit.store(next, std::memory_order_release);
    c.freed.ring_all();
    return {Got::ok, bytes};
  }

  void close() {
    Control& c = *control_;
    c.closed.store(true, std::memory_order_seq_cst);
    c.filled.ring_all();
    c.freed.ring_all();
  }
  void flush() {}
  std::size_t size() const {
    const Ticket head = control_->head.load(std::memory_order_acquire);
    return distance(head, control_->tail.load(std::memory_order_acquire), slots_);
  }

 private:
  using Word = std::uint64_t;  // lap << 32 | bytes; laps begin with 1, so that zeroed memory is empty

  struct Control {
    // What the producer reads in each put; written when somebody goes to sleep and at the end.
    alignas(posix::kPad) sync::Doorbell filled;
    sync::LopsidedFence fence;
    std::atomic<bool> closed{false};
    // The producer's own.
    alignas(posix::kPad) std::atomic<Ticket> tail{kOneLap};
    std::atomic<Ticket> begun{kOneLap};  // tail, or the one after it while a put is under way
    Ticket limit = 2 * kOneLap;          // no room from here on, as far as the producer knows
    std::atomic<std::uint32_t> producer{0};
    // The consumer's own: the producer looks here only when it must know exactly.
    alignas(posix::kPad) std::atomic<Ticket> head{kOneLap};
    // head as it was a while ago: what a producer that waits for room looks at without disturbing.
    alignas(posix::kPad) std::atomic<Ticket> credit{kOneLap};
    // What the consumer reads in each get.
    alignas(posix::kPad) sync::Doorbell freed;
  };

  std::byte* slot_of(Ticket ticket) const { return first_slot_ + index_of(ticket) * slot_bytes_; }
  static std::atomic<Word>& word(std::byte* slot) { return *reinterpret_cast<std::atomic<Word>*>(slot); }
  static const std::atomic<Word>& word(const std::byte* slot) {
    return *reinterpret_cast<const std::atomic<Word>*>(slot);
  }
  bool is_filled(Ticket ticket) const {
    return word(slot_of(ticket)).load(std::memory_order_acquire) >> 32 == lap_of(ticket);
  }

  /// The last put did not come to its end; it may have published its item, but not that it did.
  [[gnu::noinline]] Ticket go_on_for_dead_producer(Ticket ticket) {
    Control& c = *control_;
    if (is_filled(ticket)) ticket = after(ticket, slots_);
    c.tail.store(ticket, std::memory_order_release);
    c.begun.store(ticket, std::memory_order_relaxed);
    return ticket;
  }

  bool find_room(Ticket ticket, const std::atomic<Ticket>& consumed) {
    const Ticket seen = consumed.load(std::memory_order_acquire);
    if (distance(seen, ticket, slots_) == slots_) return false;
    control_->limit = ticket_at(lap_of(seen) + 1, index_of(seen));
    return true;
  }

  [[gnu::noinline]] Put wait_for_room(Ticket ticket, Deadline deadline) {
    Control& c = *control_;
    const auto closed = [&] { return c.closed.load(std::memory_order_acquire); };
    const auto exactly = [&] { return closed() || find_room(ticket, c.head); };
    // Each look at `head` takes its line from the consumer, so a spinner takes it seldom, and gets room for
    // many items at once.
    std::uint32_t looks = 0;
    const bool spins = sync::patience().spins > 0;
    const auto gently = [&] {
      return closed() || find_room(ticket, c.credit) ||
             ((!spins || ++looks % 64 == 0) && find_room(ticket, c.head));
    };
    const bool done = deadline.is_now()
                          ? exactly()
                          : sync::Doorbell::look(gently) || c.freed.sleep(exactly, deadline, [] {});
    return closed() ? Put::closed : done ? Put::ok : Put::full;
  }

  [[gnu::noinline]] Got::Status wait_for_item(Ticket ticket, Deadline deadline) {
    Control& c = *control_;
    const auto closed = [&] { return c.closed.load(std::memory_order_acquire); };
    const bool some = c.filled.wait([&] { return is_filled(ticket) || closed(); }, deadline);
    if (is_filled(ticket)) return Got::ok;
    if (!some) return Got::empty;
    // Closed and nothing there: true only when no put is on its way that saw the queue open.
    c.fence.heavy();
    bool died = false;
    const auto no_put_under_way = [&] {
      return c.begun.load(std::memory_order_acquire) == c.tail.load(std::memory_order_acquire);
    };
    c.filled.wait([&] { return died || is_filled(ticket) || no_put_under_way(); }, deadline,
                  [&] { died = posix::has_died(c.producer.load(std::memory_order_relaxed)); });
    if (is_filled(ticket)) return Got::ok;
    return died || no_put_under_way() ? Got::closed : Got::empty;
  }

  const Shape shape_;
  const std::uint32_t slots_;
  const std::size_t slot_bytes_;
  const std::uint32_t credit_mask_;
  posix::Shared<Control> control_;  // the slots follow it
  std::byte* const first_slot_;
};

struct SpscRing {
  static constexpr About about{
      .name = "spsc_ring",
      .summary = "lock-free ring for one producer and one consumer, lap number in the item's own line",
      .peer_death = "the ring stays whole: an item half put is not there, an item half got still is",
      .patient = true};
  using Type = SpscRingQueue;
  static std::string refusal(const Shape& shape) {
    if (shape.producers > 1)
      return "one producer only: positions are not claimed, so two would overwrite each other";
    if (shape.consumers > 1)
      return "one consumer only: positions are not claimed, so two would take the same item";
    return slot_refusal(shape);
  }
};

}  // namespace shmoo::queue
