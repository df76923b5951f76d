// queue/mpmc_ring: any number of producers and consumers on one ring of slots, without a lock.
//
// Each slot carries a turn: 2 * lap = free for that lap, 2 * lap + 1 = filled in it (Vyukov's bounded queue).
// A put claims the slot at `tail` by one compare-and-swap, fills it and publishes by one store; a get claims
// at `head`, copies out and frees. Before a thread claims it writes down what (sync/claim_board.hpp), a plain
// store to a line of its own: that makes claims recoverable. Who waits spins, then sleeps; while nobody
// sleeps no side makes a system call.
//
// Any thread of any process may call anything at any time. A slow one (stopped, without a CPU) between its
// claim and its end holds up the items behind its own, like any ring with one order for all; its slot is
// never taken from it. Lifetime: the handle owns the mapping; children inherit it. At most 256 living
// threads.
//
// Death of a producer in the middle of a put: the item is not in the queue; the first consumer that waits
// there for longer than 50 ms finds the owner dead and skips the slot. Death of a consumer in the middle of a
// get: the item that it was taking is lost; the first producer that needs the slot and waits for longer than
// 50 ms takes it back. Dead means gone: exited, killed, or a zombie. Callers that only try (Deadline::now())
// do not ask. The processes must see each other's ids (one pid namespace).
#pragma once
#include <atomic>

#include "posix/mapping.hpp"
#include "share/queue/slots.hpp"
#include "sync/claim_board.hpp"
#include "sync/doorbell.hpp"

namespace shmoo::queue {

class MpmcRingQueue {
 public:
  explicit MpmcRingQueue(const Shape& shape)
      : shape_(shape),
        slots_(slot_count(shape)),
        slot_bytes_(slot_bytes(shape)),
        control_(slots_ * slot_bytes_),
        first_slot_(control_.tail()) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    Control& c = *control_;
    for (;;) {
      Ticket ticket = c.tail.load(std::memory_order_acquire);
      if (ticket & kClosed) return Put::closed;
      std::byte* const slot = slot_of(ticket);
      const Turn free = free_turn(ticket);
      const auto ahead =
          static_cast<std::int32_t>(turn_of(word(slot).load(std::memory_order_acquire)) - free);
      if (ahead == 0) {
        c.board.announce(put_step(ticket));
        if (c.tail.compare_exchange_strong(ticket, after(ticket, slots_), std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
          copy_item(slot + sizeof(Word), item.data(), item.size());
          word(slot).store(make_word(free + 1, item.size()), std::memory_order_release);
          c.filled.ring_one();
          if (c.freed.has_sleepers() && is_room()) [[unlikely]]
            c.freed.ring_one();
          return Put::ok;
        }
        sync::relax();
      } else if (ahead < 0 && c.tail.load(std::memory_order_relaxed) == ticket) {
        if (!wait_for_room(deadline)) return Put::full;
      }
    }
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    Control& c = *control_;
    for (;;) {
      Ticket ticket = c.head.load(std::memory_order_acquire);
      std::byte* const slot = slot_of(ticket);
      const Turn filled = free_turn(ticket) + 1;
      const Word found = word(slot).load(std::memory_order_acquire);
      const auto ahead = static_cast<std::int32_t>(turn_of(found) - filled);
      if (ahead == 0) {
        c.board.announce(get_step(ticket));
        if (c.head.compare_exchange_strong(ticket, after(ticket, slots_), std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
          const std::size_t bytes = found & 0xffff'ffff;
          copy_item(buffer.data(), slot + sizeof(Word), bytes);
          word(slot).store(make_word(filled + 1, 0), std::memory_order_release);
          c.freed.ring_one();
          if (c.filled.has_sleepers() && is_item()) [[unlikely]]
            c.filled.ring_one();
          return {Got::ok, bytes};
        }
        sync::relax();
      } else if (ahead < 0 && c.head.load(std::memory_order_relaxed) == ticket) {
        if (const Got::Status no = wait_for_item(deadline); no != Got::ok) return {no};
      }
    }
  }

  void close() {
    Control& c = *control_;
    // In the tail itself, so that every claim came before it or fails: nothing is put behind the last get.
    c.tail.fetch_or(kClosed, std::memory_order_seq_cst);
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
  using Turn = std::uint32_t;
  using Word = std::uint64_t;  // turn << 32 | bytes; zeroed memory is free for lap 0
  static constexpr Ticket kClosed = Ticket{1} << 63;

  struct Control {
    alignas(posix::kPad) std::atomic<Ticket> tail{0};  // bit 63: closed
    alignas(posix::kPad) std::atomic<Ticket> head{0};
    // What producers read after each put, and waiting consumers; written when somebody goes to sleep.
    alignas(posix::kPad) sync::Doorbell filled;
    std::atomic<bool> closed{false};  // so that who waits for an item need not look at `tail`
    // What consumers read after each get.
    alignas(posix::kPad) sync::Doorbell freed;
    alignas(posix::kPad) sync::ClaimBoard board;
  };

  std::byte* slot_of(Ticket ticket) const { return first_slot_ + index_of(ticket) * slot_bytes_; }
  static std::atomic<Word>& word(std::byte* slot) { return *reinterpret_cast<std::atomic<Word>*>(slot); }
  static Turn turn_of(Word word) { return static_cast<Turn>(word >> 32); }
  static Word make_word(Turn turn, std::size_t bytes) { return Word{turn} << 32 | bytes; }
  static Turn free_turn(Ticket ticket) { return lap_of(ticket) << 1; }
  // Slots number less than 2^31: bit 31 of a ticket is free, and bit 63 means nothing in a step.
  static std::uint64_t put_step(Ticket ticket) { return (ticket & ~kClosed) | std::uint64_t{1} << 31; }
  static std::uint64_t get_step(Ticket ticket) { return ticket | std::uint64_t{1} << 63; }

  Turn turn_at(Ticket ticket) const { return turn_of(word(slot_of(ticket)).load(std::memory_order_acquire)); }
  bool is_room() const {
    const Ticket tail = control_->tail.load(std::memory_order_acquire);
    return static_cast<std::int32_t>(turn_at(tail) - free_turn(tail)) >= 0;
  }
  bool is_item() const {
    const Ticket head = control_->head.load(std::memory_order_acquire);
    return static_cast<std::int32_t>(turn_at(head) - free_turn(head)) > 0;
  }
  bool is_drained() const {
    const Control& c = *control_;
    return c.closed.load(std::memory_order_acquire) &&
           (c.tail.load(std::memory_order_acquire) & ~kClosed) == c.head.load(std::memory_order_acquire);
  }

  [[gnu::noinline]] bool wait_for_room(Deadline deadline) {
    Control& c = *control_;
    return c.freed.wait([&] { return is_room() || c.closed.load(std::memory_order_acquire); }, deadline,
                        [&] { free_slot_of_dead_consumer(); });
  }

  [[gnu::noinline]] Got::Status wait_for_item(Deadline deadline) {
    Control& c = *control_;
    const bool some = c.filled.wait([&] { return is_item() || is_drained(); }, deadline,
                                    [&] { skip_slot_of_dead_producer(); });
    // `ok` = try again: another may have been quicker.
    return is_drained() ? Got::closed : some ? Got::ok : Got::empty;
  }

  /// The queue looks full. If the slot at `tail` was claimed by a get and its claimer is dead: frees it.
  void free_slot_of_dead_consumer() {
    Control& c = *control_;
    const Ticket ticket = c.tail.load(std::memory_order_acquire) & ~kClosed;
    const Ticket before = ticket_at(lap_of(ticket) - 1, index_of(ticket));
    std::atomic<Word>& here = word(slot_of(ticket));
    Word found = here.load(std::memory_order_acquire);
    if (static_cast<std::int32_t>(turn_of(found) - free_turn(ticket)) >= 0) return;
    if (c.head.load(std::memory_order_acquire) == before) return;  // not claimed: full indeed
    if (c.board.is_held(get_step(before))) return;
    // `found` was read before the question: if the get came to its end in between, this fails.
    if (here.compare_exchange_strong(found, make_word(free_turn(ticket), 0), std::memory_order_acq_rel))
      c.freed.ring_all();
  }

  /// The queue looks empty. If the slot at `head` was claimed by a put and its claimer is dead: takes it as
  /// if it held an item, and forgets it.
  void skip_slot_of_dead_producer() {
    Control& c = *control_;
    Ticket ticket = c.head.load(std::memory_order_acquire);
    if ((c.tail.load(std::memory_order_acquire) & ~kClosed) == ticket) return;  // not claimed: empty indeed
    if (c.board.is_held(put_step(ticket))) return;
    if (turn_at(ticket) != free_turn(ticket)) return;  // the put came to its end
    c.board.announce(get_step(ticket));
    if (!c.head.compare_exchange_strong(ticket, after(ticket, slots_), std::memory_order_acq_rel)) return;
    word(slot_of(ticket)).store(make_word(free_turn(ticket) + 2, 0), std::memory_order_release);
    c.freed.ring_one();
    c.filled.ring_all();  // what was put behind it is there at once
  }

  const Shape shape_;
  const std::uint32_t slots_;
  const std::size_t slot_bytes_;
  posix::Shared<Control> control_;  // the slots follow it
  std::byte* const first_slot_;
};

struct MpmcRing {
  static constexpr About about{
      .name = "mpmc_ring",
      .summary = "lock-free ring for many producers and consumers, claims recoverable",
      .peer_death = "an item half put or half got is lost; its slot is taken back after 50 ms of waiting",
      .patient = true};
  using Type = MpmcRingQueue;
  static std::string refusal(const Shape& shape) {
    if (shape.producers + shape.consumers > static_cast<int>(sync::ClaimBoard::kRecords))
      return "at most " + std::to_string(sync::ClaimBoard::kRecords) +
             " processes: each has a record for its claims";
    return slot_refusal(shape);
  }
};

}  // namespace shmoo::queue
