// Items in a stream of bytes between processes: what pipe, feeder and socket_stream have in common.
//
// Made before fork; any process and thread may put and get. Putters: when every frame is short enough for the
// channel to write it whole (Channel::atomic_bytes), they need no lock, else they take turns under a robust
// lock, since a frame may go out in pieces. Getters take turns under a robust lock: one reads whatever the
// channel has into a residue in shared memory, so that one system call brings many small items, and whoever
// comes next finds the rest there.
//
// Death of a peer. The position of the getters in the stream is written twice and switched by one store, and
// what was read lies in shared memory, so the next getter goes on exactly where a dead one was:
// - a getter killed while it waits takes nothing with it; one killed in the middle of a get loses at most the
//   one item that it was taking;
// - a putter killed while it waits loses nothing; one killed in the middle of a long frame leaves a stump,
//   which is dropped as soon as a getter has reached its end: for that item get() goes on waiting;
// - either may leave a place of a bounded queue taken (places.hpp);
// - with long frames only, when a getter dies inside its read and a putter died inside its write and nobody
// has
//   called since, nobody can tell where the next frame begins: who waits is told `closed`, and every later
//   call throws std::runtime_error;
// - a process killed inside close() may leave getters of short frames waiting: close() again wakes them.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "posix/mapping.hpp"
#include "posix/rest.hpp"
#include "posix/transfer.hpp"
#include "share/queue/contract.hpp"
#include "share/queue/frames.hpp"
#include "share/queue/places.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::queue {

/// How a putter of Stream gets its place in the queue, and when it gives up.
/// - wait_for_room(deadline): false when the deadline passed.
/// - Attempt: made for one attempt to write; result() says whether it may, keep() that it did.
/// - stopped(): nothing more may be written.
struct PlacePerFrame {
  Places& places;
  class Attempt : public Places::Attempt {
   public:
    explicit Attempt(const PlacePerFrame& self) : Places::Attempt(self.places) {}
  };
  bool wait_for_room(Deadline deadline) const { return places.wait_for_room(deadline); }
  bool stopped() const { return places.closed(); }
};

template <class Channel>
class Stream {
 public:
  using Pieces = posix::Pieces;

  explicit Stream(const Shape& shape)
      : max_bytes_(shape.max_bytes),
        long_frames_(kHeaderBytes + shape.max_bytes > Channel::atomic_bytes),
        channel_(long_frames_ ? kForLongFrames : kForShortFrames),
        residue_bytes_(long_frames_ ? kPartOfLongFrames : channel_.capacity()),
        state_(residue_bytes_, shape.max_items) {
    wipe(residue_bytes_);
  }

  static std::string refusal(const Shape& shape) {
    return shape.max_bytes > kLongestFrame ? "items of up to 2 GiB only: a frame's length has 31 bits" : "";
  }

  Places& places() const { return state_->places; }
  Channel& channel() { return channel_; }

  /// Writes whole frames, as one. `ok`, or nothing of them will be got: `full` at the deadline, `closed` when
  /// stopped. More than one frame only when together they are within Channel::atomic_bytes.
  template <class Placing>
  Put write(const Pieces& frames, Deadline deadline, const Placing& placing) {
    return long_frames_ ? write_in_turn(frames, deadline, placing) : write_whole(frames, deadline, placing);
  }

  /// The next item. `somebody_puts()` is asked when the queue is closed and empty: may items still come from
  /// elsewhere than write()?
  template <class Coming>
  Got read(std::span<std::byte> buffer, Deadline deadline, Coming somebody_puts) {
    State& state = *state_;
    // Others hold this lock while they wait for an item (then there is none), or for moments.
    const bool hurry = deadline.is_now() && places().size() > 0;
    const sync::Taken taken = state.read_lock.lock(hurry ? moments() : deadline);
    if (taken == sync::Taken::timed_out) return {Got::empty};
    const Unlock unlock{state.read_lock};
    if (taken == sync::Taken::inherited) take_over();
    for (;;) {
      check_framing();
      Position at = position();
      if (at.skip > 0) {
        pass_over(at);
        if (position().skip > 0) receive(true, Deadline::never(), somebody_puts);
        continue;
      }
      const std::size_t here = at.end - at.first;
      const std::uint32_t length = here < kHeaderBytes ? 0 : length_at(residue() + at.first);
      if (length == kWakeUp) {
        take_from_residue(at, kHeaderBytes);
        continue;
      }
      if (length > max_bytes_) lose_framing();
      const std::byte* item = residue() + at.first + kHeaderBytes;
      if (here < kHeaderBytes + length) {
        if (here >= kHeaderBytes) {
          if (take_long(at, {item, here - kHeaderBytes}, buffer.first(length))) return {Got::ok, length};
          continue;
        }
        if (at.first > 0) start_over(at);
        const Arrival arrival = receive(here > 0, deadline, somebody_puts);
        if (arrival == Arrival::none) return {Got::empty};
        if (arrival == Arrival::end) return {Got::closed};
        continue;
      }
      std::memcpy(buffer.data(), item, length);
      ++at.delivered;
      take_from_residue(at, kHeaderBytes + length);
      places().leave_up_to(at.delivered);
      return {Got::ok, length};
    }
  }

  /// No more puts; wakes who waits.
  void close() {
    places().close();
    if (long_frames_) return;  // their getters look up now and then anyway
    // When this does not fit there is something to read, and nobody waits for it.
    const Header wake_up = header_of(kWakeUp);
    write_once({wake_up, {}});
  }

 private:
  /// What the channel should hold, bytes. Of short frames one read takes all that is there, so that it never
  /// cuts one, and that much should stay in the caches.
  static constexpr std::size_t kForLongFrames = 1 << 20;
  static constexpr std::size_t kForShortFrames = 256 << 10;
  /// How much of long frames goes through the residue; what is longer goes straight to the getter's buffer.
  static constexpr std::size_t kPartOfLongFrames = 32 << 10;

  /// Where the getters are in the stream.
  struct Position {
    std::uint64_t taken = 0;      // bytes that left the channel
    std::uint64_t delivered = 0;  // items that were got (or lost with their getter)
    std::uint32_t first = 0;      // the residue's bytes that nobody got yet: [first, end)
    std::uint32_t end = 0;
    std::uint32_t direct = 0;  // bytes of the current frame that go straight to its getter's buffer
    std::uint32_t skip = 0;    // bytes of a frame whose getter died
  };

  /// What became of a frame that was not written to its end.
  enum Cut : std::uint32_t {
    uncut,
    abandoned,  // its putter gave up, and took its place back
    orphaned    // its putter died
  };

  struct State {
    explicit State(std::size_t max_items) : places(max_items) {}
    Places places;
    // Under read_lock.
    alignas(posix::kPad) sync::RobustLock read_lock;
    std::array<Position, 2> positions{};
    std::atomic<std::uint32_t> current{0};
    std::atomic<bool> reading{false};  // between asking the channel for bytes and having noted them
    std::atomic<bool> lost{false};     // nobody knows where the next frame begins
    // By putters of long frames. What they begin and what they have written differ only while one is inside
    // the call.
    alignas(posix::kPad) std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> written{0};
    // Under write_lock, for long frames.
    alignas(posix::kPad) sync::RobustLock write_lock;
    std::atomic<bool> in_frame{false};
    // A stump ends the stream: nothing is written until a getter has dropped it.
    std::atomic<std::uint32_t> cut{uncut};
    sync::Doorbell healed;
  };

  struct Unlock {
    sync::RobustLock& lock;
    ~Unlock() { lock.unlock(); }
  };

  enum class Arrival { data, none, end, cut };

  std::byte* residue() const { return state_.tail(); }

  // --- putting

  template <class Placing>
  Put write_whole(const Pieces& frames, Deadline deadline, const Placing& placing) {
    for (;;) {
      check_framing();
      if (!placing.wait_for_room(deadline)) return Put::full;
      if (Put result = attempt_whole(frames, placing); result != Put::full) return result;
      if (const Put wait = wait_writable(deadline, placing); wait != Put::ok) return wait;
    }
  }

  template <class Placing>
  Put attempt_whole(const Pieces& frames, const Placing& placing) {
    typename Placing::Attempt attempt(placing);
    if (attempt.result() != Put::ok) return attempt.result();
    if (write_once(frames) == 0) return Put::full;
    attempt.keep();
    return Put::ok;
  }

  template <class Placing>
  Put write_in_turn(const Pieces& frames, Deadline deadline, const Placing& placing) {
    State& state = *state_;
    if (deadline.is_now() && !placing.wait_for_room(deadline)) return Put::full;
    const sync::Taken taken = state.write_lock.lock(deadline.is_now() ? moments() : deadline);
    if (taken == sync::Taken::timed_out) return Put::full;
    const Unlock unlock{state.write_lock};
    if (taken == sync::Taken::inherited) note_orphan();
    for (;;) {
      check_framing();
      if (!heal(deadline, placing)) return Put::full;
      if (placing.stopped()) return Put::closed;
      if (!placing.wait_for_room(deadline)) return Put::full;
      if (Put result = attempt_long(frames, deadline, placing); result != Put::full || !is_uncut())
        return result;
      if (const Put wait = wait_writable(deadline, placing); wait != Put::ok) return wait;
    }
  }

  bool is_uncut() const { return state_->cut.load(std::memory_order_acquire) == uncut; }

  /// `full` and uncut: not a byte was taken.
  template <class Placing>
  Put attempt_long(const Pieces& frames, Deadline deadline, const Placing& placing) {
    State& state = *state_;
    typename Placing::Attempt attempt(placing);
    if (attempt.result() != Put::ok) return attempt.result();
    state.in_frame.store(true, std::memory_order_release);
    std::size_t done = write_once(frames);
    Put wait = Put::ok;
    while (done > 0 && done < frames.size()) {
      wait = wait_writable(deadline, placing);
      if (wait != Put::ok) {
        state.cut.store(abandoned, std::memory_order_release);
        break;
      }
      done += write_once(frames.after(done));
    }
    state.in_frame.store(false, std::memory_order_release);
    if (done < frames.size()) return done == 0 ? Put::full : wait;
    attempt.keep();
    return Put::ok;
  }

  std::size_t write_once(const Pieces& pieces) {
    if (!long_frames_) return channel_.write_now(pieces);
    State& state = *state_;
    state.begun.fetch_add(pieces.size(), std::memory_order_acq_rel);
    const std::size_t done = channel_.write_now(pieces);
    if (done < pieces.size()) state.begun.fetch_sub(pieces.size() - done, std::memory_order_acq_rel);
    state.written.fetch_add(done, std::memory_order_acq_rel);
    return done;
  }

  template <class Placing>
  Put wait_writable(Deadline deadline, const Placing& placing) {
    for (;;) {
      if (placing.stopped()) return Put::closed;
      if (deadline.passed()) return Put::full;
      if (channel_.wait_writable(next_look(deadline))) return Put::ok;
    }
  }

  /// Write lock held. Waits until the last stump is gone, or all is stopped. @return false when the deadline
  /// passed.
  template <class Placing>
  bool heal(Deadline deadline, const Placing& placing) {
    State& state = *state_;
    const auto look = [&] {
      if (is_uncut()) return;
      if (!channel_.can_read()) posix::fail("take what a dead process left of its item", EPIPE);
      // A getter that waits will see to it; where there is none, we do.
      const sync::Taken taken = state.read_lock.lock(Deadline::now());
      if (taken == sync::Taken::timed_out) return;
      const Unlock unlock{state.read_lock};
      if (taken == sync::Taken::inherited) take_over();
      drop_stump();
    };
    look();
    return state.healed.wait([&] { return is_uncut() || placing.stopped(); }, deadline, look);
  }

  /// Write lock inherited.
  void note_orphan() {
    if (state_->in_frame.exchange(false, std::memory_order_acq_rel) && is_uncut())
      state_->cut.store(orphaned, std::memory_order_release);
  }

  // --- getting, read lock held

  Position position() const { return state_->positions[state_->current.load(std::memory_order_relaxed)]; }
  /// Makes `next` the position in one step.
  void commit(const Position& next) {
    const std::uint32_t other = 1 - state_->current.load(std::memory_order_relaxed);
    state_->positions[other] = next;
    state_->current.store(other, std::memory_order_release);
  }

  /// `bytes` of the residue are done with.
  void take_from_residue(Position& at, std::size_t bytes) {
    at.first += static_cast<std::uint32_t>(bytes);
    if (at.first < at.end) return commit(at);
    const std::uint32_t end = at.end;
    at.first = at.end = 0;
    commit(at);
    wipe(end);
  }

  /// Moves what is left of the residue, less than a header, to its start.
  void start_over(Position at) {
    std::memcpy(residue(), residue() + at.first, at.end - at.first);  // at.first is at least a header's size
    at.end -= at.first;
    at.first = 0;
    commit(at);
  }

  /// Short frames are read whole and into the empty residue, so that they tell by themselves how much a dead
  /// getter has read, when there is nothing but kNothing behind them.
  void wipe(std::size_t bytes) {
    if (!long_frames_) std::memset(residue(), kNothing, bytes);
  }
  static constexpr int kNothing = 0xff;  // no header begins so

  /// Where the short frames in the residue end.
  std::uint32_t end_of_frames() const {
    std::size_t end = 0;
    while (end + kHeaderBytes <= residue_bytes_) {
      const std::uint32_t length = length_at(residue() + end);
      if (length != kWakeUp && length > max_bytes_) break;
      end += kHeaderBytes + (length == kWakeUp ? 0 : length);
    }
    return static_cast<std::uint32_t>(end);
  }

  /// Waits for bytes and appends them to the residue.
  template <class Coming>
  Arrival receive(bool inside_frame, Deadline deadline, Coming somebody_puts) {
    const Arrival arrival = wait_data(inside_frame, deadline, somebody_puts);
    if (arrival == Arrival::cut) drop_stump();
    if (arrival == Arrival::data) {
      Position at = position();
      state_->reading.store(true, std::memory_order_release);
      const std::size_t bytes = channel_.read({{residue() + at.end, residue_bytes_ - at.end}, {}});
      at.taken += bytes;
      at.end += static_cast<std::uint32_t>(bytes);
      commit(at);
      state_->reading.store(false, std::memory_order_release);
    }
    return arrival;
  }

  /// Takes the frame at the head of the residue, of which only `start` has arrived. @return false when it
  /// turned out to be a stump.
  bool take_long(Position at, std::span<const std::byte> start, std::span<std::byte> item) {
    std::memcpy(item.data(), start.data(), start.size());
    at.first = at.end = 0;
    at.direct = static_cast<std::uint32_t>(item.size() - start.size());
    commit(at);
    while (at.direct > 0) {
      if (wait_data(true, Deadline::never(), [] { return true; }) == Arrival::cut) {
        drop_stump();
        return false;
      }
      state_->reading.store(true, std::memory_order_release);
      note_read(at, channel_.read({item.last(at.direct), {residue(), residue_bytes_}}));
      if (at.direct == 0) ++at.delivered;
      commit(at);
      state_->reading.store(false, std::memory_order_release);
    }
    places().leave_up_to(at.delivered);
    return true;
  }

  static void note_read(Position& at, std::size_t bytes) {
    const auto direct = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, at.direct));
    at.taken += bytes;
    at.direct -= direct;
    at.end += static_cast<std::uint32_t>(bytes) - direct;
  }

  /// Waits until the channel has bytes. Inside a frame the deadline does not count: the rest is on its way,
  /// or its putter is dead, or gave up, and then it is `cut`.
  template <class Coming>
  Arrival wait_data(bool inside_frame, Deadline deadline, Coming somebody_puts) {
    // Who writes whole frames need not be watched: just read, close() will end the wait.
    if (!long_frames_ && deadline.is_never() && !places().closed()) return Arrival::data;
    for (;;) {
      const bool closed = places().closed();
      const Deadline look = inside_frame ? next_look(Deadline::never())
                            : closed     ? next_look(deadline, posix::Nanoseconds(1'000'000))
                                         : next_look(deadline);
      if (channel_.wait_readable(look)) return Arrival::data;
      if (!is_uncut() && channel_.unread() == 0) return Arrival::cut;
      if (inside_frame) {
        find_orphan();
        continue;
      }
      if (closed && !places().somebody_puts() && !somebody_puts() &&
          !channel_.wait_readable(Deadline::now()) && is_uncut())
        return Arrival::end;
      if (deadline.passed()) return Arrival::none;
    }
  }

  /// Is the putter that owes us the rest of a frame dead?
  void find_orphan() {
    const sync::Taken taken = state_->write_lock.lock(Deadline::now());
    if (taken == sync::Taken::timed_out) return;
    const Unlock unlock{state_->write_lock};
    if (taken == sync::Taken::inherited) note_orphan();
  }

  /// When the stream is cut and read to its end, drops the frame that has no end.
  void drop_stump() {
    State& state = *state_;
    const std::uint32_t cut = state.cut.load(std::memory_order_acquire);
    if (cut == uncut || channel_.unread() > 0) return;
    Position at = position();
    const bool had_stump = at.first < at.end || at.direct > 0;
    if (whole_frame_waits(at)) return;
    // The place of a frame whose getter died was left already, and its putter has taken it back.
    if (at.skip > 0 && cut == abandoned) --at.delivered;
    at.first = at.end = at.direct = at.skip = 0;
    commit(at);
    places().leave_up_to(at.delivered);
    if (had_stump && cut == orphaned) places().give_back(1);
    // Nobody writes, and nothing is in the channel: even what a dead putter wrote is known now.
    state.begun.store(at.taken, std::memory_order_release);
    state.written.store(at.taken, std::memory_order_release);
    state.cut.store(uncut, std::memory_order_release);
    state.healed.ring_all();
  }

  /// Whether the residue has a frame to deliver before its end is reached.
  bool whole_frame_waits(const Position& at) const {
    const std::size_t here = at.end - at.first;
    return at.skip == 0 && here >= kHeaderBytes && here - kHeaderBytes >= length_at(residue() + at.first);
  }

  /// Drops what the residue has of a lost frame.
  void pass_over(Position at) {
    const std::uint32_t bytes = std::min(at.skip, at.end - at.first);
    at.skip -= bytes;
    take_from_residue(at, bytes);
  }

  /// Read lock inherited: finds out how far the dead getter came.
  void take_over() {
    State& state = *state_;
    Position at = position();
    if (!long_frames_) {
      if (state.reading.load(std::memory_order_acquire))
        at.end = end_of_frames();
      else if (at.end == 0)
        wipe(residue_bytes_);  // the dead one may not have come to it
    } else {
      const bool was_direct = at.direct > 0;
      if (state.reading.load(std::memory_order_acquire)) {
        const std::optional<std::uint64_t> gone = bytes_gone();
        const std::size_t room = at.direct + residue_bytes_ - at.end;
        if (!gone || *gone < at.taken || *gone - at.taken > room) lose_framing();
        note_read(at, static_cast<std::size_t>(*gone - at.taken));
      }
      if (was_direct) {
        // Its start is in the dead one's memory.
        at.skip = at.direct;
        at.direct = 0;
        ++at.delivered;
      }
    }
    commit(at);
    state.reading.store(false, std::memory_order_release);
    places().leave_up_to(at.delivered);
  }

  /// How many bytes were ever read from the channel; nothing when a putter died inside its write.
  std::optional<std::uint64_t> bytes_gone() const {
    const State& state = *state_;
    for (;;) {
      const std::uint64_t begun = state.begun.load(std::memory_order_acquire);
      const std::uint64_t written = state.written.load(std::memory_order_acquire);
      if (begun == written) {
        const std::size_t unread = channel_.unread();
        if (state.begun.load(std::memory_order_acquire) == begun) return written - unread;
      } else if (!state.places.somebody_puts() && state.begun.load(std::memory_order_acquire) == begun &&
                 state.written.load(std::memory_order_acquire) == written) {
        return std::nullopt;
      }
      posix::nap(posix::Nanoseconds(100'000));
    }
  }

  [[noreturn]] void lose_framing() {
    state_->lost.store(true, std::memory_order_release);
    places().close();  // for those who wait
    tell_lost();
  }
  void check_framing() const {
    if (state_->lost.load(std::memory_order_acquire)) [[unlikely]]
      tell_lost();
  }
  [[noreturn]] static void tell_lost() {
    throw std::runtime_error("queue: a getter and a putter died in the middle of an item; the rest is lost");
  }

  const std::size_t max_bytes_;
  const bool long_frames_;
  Channel channel_;
  const std::size_t residue_bytes_;
  posix::Shared<State> state_;
};

}  // namespace shmoo::queue
