// queue/feeder: Python's Queue. put() never waits for the pipe: it appends to a buffer of its process, and a
// thread of that process, the feeder, writes the frames to a pipe.
//
// Made before fork; any process and thread may put and get. The feeder starts at a process's first put, and
// a process forked later starts its own: the parent's buffer and thread stay the parent's. Getters as in
// stream.hpp. Short frames that have piled up are written together, up to PIPE_BUF.
//
// Lifetime. What was put is in the pipe after flush(), and only then survives the end of its process: a
// process that leaves by _exit (as posix::Child does) calls flush() first. The destructor flushes as well,
// but gives up when no other process could read any more; cancel() before it throws away instead of waiting.
// Bound: max_items exactly, buffers included; without one, what 64 MiB hold of the longest items (16 to
// 32767).
//
// Death of a peer: of a putter, what it had not flushed is lost, and its places are given back to those who
// wait for room, but for the frames that it was just writing (one, or PIPE_BUF bytes of short ones); else as
// in stream.hpp.
#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "posix/background_thread.hpp"
#include "posix/fork_generation.hpp"
#include "posix/pipe.hpp"
#include "share/mechanism.hpp"
#include "share/queue/contract.hpp"
#include "share/queue/stream.hpp"
#include "share/queue/unsent.hpp"

namespace shmoo::queue {

class FeederQueue {
 public:
  explicit FeederQueue(const Shape& shape) : shape_(bounded(shape)), stream_(shape_), unsent_(0) {}
  FeederQueue(const FeederQueue&) = delete;
  FeederQueue& operator=(const FeederQueue&) = delete;
  ~FeederQueue() {
    Feeder* const feeder = feeder_.load();
    // One that was inherited belongs to memory and a thread that only look like ours.
    if (!feeder || !feeder->is_ours()) return;
    stream_.channel().close_read_end();
    feeder->finish();
    delete feeder;
  }

  /// Errors, besides the contract's: std::runtime_error when the feeder had to give up.
  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    Feeder& feeder = own_feeder();
    for (;;) {
      if (!places().wait_for_room(deadline, [this] { clear_up(); })) return Put::full;
      if (const Put result = feeder.push(item); result != Put::full || deadline.is_now()) return result;
    }
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    return stream_.read(buffer, deadline, [this] { return unsent_->any_alive(); });
  }

  void close() { stream_.close(); }

  /// Waits until this process's feeder has written all. Errors: std::runtime_error when it had to give up.
  void flush() {
    Feeder* const feeder = feeder_.load();
    if (feeder && feeder->is_ours()) feeder->flush();
  }

  /// Throws away what this process's feeder has not written. Further puts are allowed.
  void cancel() {
    Feeder* const feeder = feeder_.load();
    if (feeder && feeder->is_ours()) feeder->cancel();
  }

  std::size_t size() const { return places().size(); }

  static std::string refusal(const Shape& shape) { return Stream<posix::Pipe>::refusal(shape); }

 private:
  using Channel = Stream<posix::Pipe>;

  /// A process's buffer and the thread that empties it.
  class Feeder {
   public:
    explicit Feeder(FeederQueue& queue) : queue_(queue) {}

    bool is_ours() const { return generation_ == posix::fork_generation(); }

    Put push(std::span<const std::byte> item) {
      std::unique_lock guard(mutex_);
      if (!record_ || failure_) start(guard);
      make_room(kHeaderBytes + item.size());
      record_->add();
      Put result = Put::full;
      {
        Places::Attempt attempt(queue_.places());
        result = attempt.result();
        if (result == Put::ok) {
          append(item);
          attempt.keep();
        }
      }
      if (result != Put::ok)
        record_->drop(1);
      else if (std::exchange(waiting_, false))
        more_.notify_one();
      return result;
    }

    void flush() {
      std::unique_lock guard(mutex_);
      done_.wait(guard, [this] { return failure_ || (buffer_.empty() && !writing_); });
      if (failure_) std::rethrow_exception(failure_);
    }

    void cancel() {
      std::unique_lock guard(mutex_);
      throw_away();
      cancelled_.store(true);
      done_.wait(guard, [this] { return failure_ || !writing_; });
      cancelled_.store(false);
    }

    /// Flushes as far as somebody can read, and ends the thread.
    void finish() {
      {
        const std::lock_guard guard(mutex_);
        stop_ = true;
        more_.notify_one();
      }
      if (thread_.joinable()) thread_.join();
    }

   private:
    /// Waits until the thread has its record, having started it unless another did. Errors: what the thread
    /// met.
    void start(std::unique_lock<std::mutex>& guard) {
      if (!thread_.joinable()) thread_ = posix::start_background_thread([this] { run(); });
      done_.wait(guard, [this] { return record_ || failure_; });
      if (failure_) std::rethrow_exception(failure_);
    }

    /// Before anything is noted down, since this can fail.
    void make_room(std::size_t bytes) {
      const std::size_t needed = buffer_.size() + bytes;
      if (needed > buffer_.capacity()) buffer_.reserve(std::max(needed, 2 * buffer_.capacity()));
    }

    void append(std::span<const std::byte> item) {
      const Header header = header_of(static_cast<std::uint32_t>(item.size()));
      buffer_.insert(buffer_.end(), header.begin(), header.end());
      buffer_.insert(buffer_.end(), item.begin(), item.end());
      ++items_;
    }

    void throw_away() {
      record_drop(items_);
      items_ = 0;
      buffer_.clear();
    }
    void record_drop(std::uint32_t items) {
      if (items == 0) return;
      record_->drop(items);
      queue_.places().give_back(items);
    }

    void run() {
      std::unique_lock guard(mutex_);
      try {
        queue_.clear_up();
        record_ = &queue_.unsent_->join();
        done_.notify_all();
        std::vector<std::byte> batch;
        for (;;) {
          more_.wait(guard, [this] {
            waiting_ = buffer_.empty() && !stop_;
            return !waiting_;
          });
          if (buffer_.empty()) break;
          batch.clear();
          batch.swap(buffer_);
          items_ = 0;
          writing_ = true;
          guard.unlock();
          write(batch);
          guard.lock();
          writing_ = false;
          done_.notify_all();
        }
      } catch (...) {
        if (!guard.owns_lock()) guard.lock();
        writing_ = false;
        failure_ = std::current_exception();
        if (record_) throw_away();
        done_.notify_all();
      }
      if (record_) Unsent::part(*record_);
    }

    /// Writes whole frames: as many together as the pipe takes in one piece, or a longer one by itself.
    void write(std::span<const std::byte> frames) {
      while (!frames.empty()) {
        std::size_t bytes = 0;
        std::uint32_t items = 0;
        while (bytes < frames.size()) {
          const std::size_t next = kHeaderBytes + length_at(frames.data() + bytes);
          if (items > 0 && bytes + next > posix::Pipe::atomic_bytes) break;
          bytes += next;
          ++items;
        }
        record_->begin(items);
        Put result = Put::full;
        try {
          result =
              queue_.stream_.write({frames.first(bytes), {}}, Deadline::never(), PlaceTaken{queue_, *this});
        } catch (...) {
          drop_rest(items, frames.subspan(bytes));
          throw;
        }
        if (result != Put::ok) return drop_rest(items, frames.subspan(bytes));
        record_->sent(items);
        frames = frames.subspan(bytes);
      }
    }

    /// `begun` items were about to be written, and the `rest` will not be.
    void drop_rest(std::uint32_t begun, std::span<const std::byte> rest) {
      std::uint32_t items = 0;
      for (std::size_t at = 0; at < rest.size(); at += kHeaderBytes + length_at(rest.data() + at)) ++items;
      record_->sent(begun);
      queue_.places().give_back(begun);
      record_drop(items);
    }

    /// How the stream asks about places here: put() has taken them.
    struct PlaceTaken {
      FeederQueue& queue;
      Feeder& feeder;
      class Attempt : Places::Presence {
       public:
        explicit Attempt(const PlaceTaken& self) : Presence(self.queue.places()) {}
        Put result() const { return Put::ok; }
        void keep() const {}
      };
      bool wait_for_room(Deadline) const { return true; }
      bool stopped() const { return feeder.cancelled_.load(); }
    };

    FeederQueue& queue_;
    const std::uint64_t generation_ = posix::fork_generation();
    std::mutex mutex_;
    std::condition_variable more_;   // for the thread: there is something to write
    std::condition_variable done_;   // for its process: it has begun, written all, or failed
    std::vector<std::byte> buffer_;  // frames
    std::uint32_t items_ = 0;        // in buffer_
    bool waiting_ = false;           // the thread waits for more_
    bool writing_ = false;           // the thread has frames in its hands
    bool stop_ = false;
    std::atomic<bool> cancelled_{false};
    std::exception_ptr failure_;
    Unsent::Record* record_ = nullptr;
    std::thread thread_;
  };

  static Shape bounded(Shape shape) {
    if (shape.max_items == 0)
      shape.max_items = std::clamp<std::size_t>((64 << 20) / (shape.max_bytes + kHeaderBytes), 16, 32767);
    return shape;
  }

  Places& places() const { return stream_.places(); }

  Feeder& own_feeder() {
    Feeder* feeder = feeder_.load(std::memory_order_acquire);
    if (feeder && feeder->is_ours()) [[likely]]
      return *feeder;
    // The parent's, if any, is left as it is: its lock may be held by a thread that this process does not
    // have.
    auto fresh = std::make_unique<Feeder>(*this);
    if (feeder_.compare_exchange_strong(feeder, fresh.get(), std::memory_order_acq_rel))
      return *fresh.release();
    return *feeder;
  }

  /// Gives back the places of items whose process died before it wrote them.
  void clear_up() {
    if (const std::size_t items = unsent_->forget_dead(); items > 0) places().give_back(items);
  }

  Shape shape_;
  Channel stream_;
  posix::Shared<Unsent> unsent_;
  std::atomic<Feeder*> feeder_{nullptr};
};

struct Feeder {
  static constexpr About about{
      .name = "feeder",
      .summary = "a buffer per process, emptied into a pipe by a thread",
      .peer_death =
          "what a killed putter had not flushed is lost, and at most the item a killed getter was taking",
      .helped = true};
  using Type = FeederQueue;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
