#include "harness/probe.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <vector>

#include "harness/opaque.hpp"
#include "harness/probes/bursts.hpp"
#include "harness/probes/echo.hpp"
#include "posix/bare_fork.hpp"
#include "posix/futex.hpp"
#include "posix/mapping.hpp"
#include "posix/pipe.hpp"
#include "posix/private_mapping.hpp"
#include "posix/system.hpp"

namespace shmoo::bench {
namespace {

using namespace probes;

constexpr std::array<std::string_view, 14> kNames{
    "",      "cache_line", "block_stream", "copy",       "fetch_add",   "syscall",  "futex",
    "yield", "pipe",       "fork",         "page_fault", "echo_socket", "echo_tcp", "echo_shm"};

/// One line there and one back, in the ways of polling that are each the fastest somewhere.
class CacheLine final : public Bursts {
 public:
  CacheLine() : Bursts(2, kForms), lines_(0) {}

 private:
  static constexpr std::uint32_t kTrips = 64;
  static constexpr int kForms = 6;
  struct Lines {
    Line<std::uint32_t> there;
    Line<std::uint32_t> back;
  };
  // Even forms answer on a line of their own, odd ones on the line that was asked on.
  static int pauses(int form) { return form / 2 == 0 ? 0 : form / 2 == 1 ? 1 : 6; }

  std::uint64_t operations(int) const override { return kTrips; }

  double burst(int form) override {
    Lines& lines = *lines_;
    std::atomic<std::uint32_t>& there = lines.there.value;
    std::atomic<std::uint32_t>& back = form % 2 ? lines.there.value : lines.back.value;
    bool lost = false;
    const double ns = timed(kTrips, [&] {
      for (std::uint32_t i = 0; i < kTrips && !lost; ++i) {
        const std::uint32_t answer = number_ + 2;
        there.store(number_ + 1, std::memory_order_release);
        lost = !look_until([&] { return back.load(std::memory_order_acquire) == answer; }, pauses(form));
        number_ = answer;
      }
    });
    return lost ? kUnknown : ns;
  }

  bool partner(int, int form) override {
    Lines& lines = *lines_;
    std::atomic<std::uint32_t>& there = lines.there.value;
    std::atomic<std::uint32_t>& back = form % 2 ? lines.there.value : lines.back.value;
    for (std::uint32_t i = 0; i < kTrips; ++i) {
      const std::uint32_t question = number_ + 1;
      if (!look_until([&] { return there.load(std::memory_order_acquire) == question; }, pauses(form)))
        return false;
      number_ += 2;
      back.store(number_, std::memory_order_release);
    }
    return true;
  }

  posix::Shared<Lines> lines_;
  std::uint32_t number_ = 0;  // each party's own; both count alike
};

/// Messages in blocks: the counter is published once for up to 256 of them, so nothing is left but the bytes.
/// Which way of moving them is the fastest, and in blocks of what length, depends on caches and size: forms.
class BlockStream final : public Bursts {
 public:
  explicit BlockStream(std::uint64_t bytes)
      : Bursts(2, kForms),
        bytes_((std::max<std::uint64_t>(bytes, 8) + 7) / 8 * 8),
        counters_(0),
        memory_(kBlocks * most_messages(kLargeBlock) * bytes_) {}

 private:
  static constexpr std::uint64_t kBlocks = 4;
  static constexpr std::uint64_t kLargeBlock = 1 << 20;
  static constexpr std::uint64_t kSmallBlock = 16 << 10;  // all blocks together fit the nearest caches
  static constexpr int kForms = 4;
  static bool in_words(int form) { return form < 2; }
  static int pauses(int form) { return form % 2; }

  struct Counters {
    Line<std::uint64_t> put;
    Line<std::uint64_t> got;
    Line<std::uint64_t> sum;
  };

  std::uint64_t most_messages(std::uint64_t block) const {
    return std::clamp<std::uint64_t>(block / bytes_, 1, 256);
  }
  std::uint64_t messages(int form) const { return most_messages(form == 0 ? kLargeBlock : kSmallBlock); }
  /// Blocks of one burst: so many bytes that several bursts fit the budget.
  std::uint64_t blocks(int form) const {
    return std::clamp<std::uint64_t>((256 << 10) / (messages(form) * bytes_), 2, 64);
  }
  std::uint64_t operations(int form) const override { return blocks(form) * messages(form); }

  std::byte* block(std::uint64_t number, std::uint64_t bytes) const {
    return memory_.data() + number % kBlocks * bytes;
  }
  std::byte* own(std::uint64_t bytes) {
    if (own_.size() < bytes) own_.resize(bytes, std::byte{1});
    return own_.data();
  }

  double burst(int form) override {
    Counters& counters = *counters_;
    const std::uint64_t bytes = messages(form) * bytes_;
    const std::byte* const source = in_words(form) ? nullptr : own(bytes);
    bool lost = false;
    const double ns = timed(operations(form), [&] {
      const std::uint64_t end = number_ + blocks(form);
      for (; number_ < end && !lost; ++number_) {
        lost = !look_until(
            [&] { return number_ - counters.got.value.load(std::memory_order_acquire) < kBlocks; },
            pauses(form));
        std::byte* const to = block(number_, bytes);
        if (in_words(form)) {
          auto* const words = reinterpret_cast<std::uint64_t*>(to);
          for (std::uint64_t i = 0; i < bytes / 8; ++i) words[i] = number_ + i;
        } else {
          std::memcpy(to, source, bytes);
        }
        counters.put.value.store(number_ + 1, std::memory_order_release);
      }
      // The time ends when the last message was read.
      lost =
          lost || !look_until([&] { return counters.got.value.load(std::memory_order_acquire) == number_; },
                              pauses(form));
    });
    return lost ? kUnknown : ns;
  }

  bool partner(int, int form) override {
    Counters& counters = *counters_;
    const std::uint64_t bytes = messages(form) * bytes_;
    std::byte* const target = in_words(form) ? nullptr : own(bytes);
    std::uint64_t sum = 0;
    const std::uint64_t end = number_ + blocks(form);
    for (; number_ < end; ++number_) {
      if (!look_until([&] { return counters.put.value.load(std::memory_order_acquire) > number_; },
                      pauses(form)))
        return false;
      const std::byte* const from = block(number_, bytes);
      if (in_words(form)) {
        const auto* const words = reinterpret_cast<const std::uint64_t*>(from);
        for (std::uint64_t i = 0; i < bytes / 8; ++i) sum += words[i];
      } else {
        std::memcpy(target, from, bytes);
        next_operation();
      }
      counters.got.value.store(number_ + 1, std::memory_order_release);
    }
    counters.sum.value.store(sum, std::memory_order_relaxed);
    return true;
  }

  const std::uint64_t bytes_;
  posix::Shared<Counters> counters_;
  posix::SharedMapping memory_;
  std::vector<std::byte> own_;
  std::uint64_t number_ = 0;  // the next block; each party's own, both count alike
};

/// Bytes out of shared memory into the process's own. With two parties the other has just written them.
class Copy final : public Bursts {
 public:
  Copy(std::uint64_t bytes, int parties)
      : Bursts(parties, 1),
        bytes_(std::max<std::uint64_t>(bytes, 1)),
        chunk_(chunk_of(bytes_, parties)),
        memory_(std::max(2 * chunk_, std::min<std::uint64_t>(bytes_, kMost))) {}

 private:
  // Beyond this the copy goes on in pieces through memory that no cache holds, and the time is scaled up.
  static constexpr std::uint64_t kMost = 16 << 20;
  static constexpr std::uint64_t kMostChunk = 512 << 10;

  static std::uint64_t chunk_of(std::uint64_t bytes, int parties) {
    if (bytes >= kMostChunk) return kMostChunk;
    // What another CPU wrote is read once: enough of it at a time to be seen by the clock.
    constexpr std::uint64_t least = 16 << 10;
    return parties == 2 && bytes < least ? (least + bytes - 1) / bytes * bytes : bytes;
  }

  std::uint64_t repeats() const {
    // What the other party wrote is another CPU's only the first time.
    return parties() == 2 ? 1 : std::clamp<std::uint64_t>((1 << 20) / chunk_, 1, 32768);
  }
  std::uint64_t operations(int) const override {
    return std::max<std::uint64_t>(1, repeats() * chunk_ / bytes_);
  }

  std::byte* at(std::uint64_t number) const {
    const std::uint64_t chunks = memory_.size() / chunk_;
    return memory_.data() + number % std::max<std::uint64_t>(chunks, 1) * chunk_;
  }

  double burst(int) override {
    if (own_.size() < chunk_) own_.resize(chunk_, std::byte{1});
    const std::uint64_t number = number_++;
    const double ns = timed(repeats(), [&] {
      const std::byte* const from = at(number);
      if (chunk_ == sizeof(std::uint64_t))
        copy_words<std::uint64_t>(own_.data(), from);
      else if (chunk_ == sizeof(std::uint32_t))
        copy_words<std::uint32_t>(own_.data(), from);
      else
        for (std::uint64_t i = 0; i < repeats(); ++i) {
          std::memcpy(own_.data(), from, chunk_);
          next_operation();
        }
    });
    return ns * static_cast<double>(bytes_) / static_cast<double>(chunk_);
  }

  bool partner(int, int) override {
    ++number_;
    std::memset(at(number_), static_cast<int>(number_), chunk_);
    return true;
  }

  /// A word is what the smallest mechanisms move: a call, or a loop's end after each, would cost more than
  /// the move.
  template <class Word>
  void copy_words(std::byte* to, const std::byte* from) const {
    const auto one = [&] {
      std::memcpy(to, from, sizeof(Word));
      next_operation();
    };
    for (std::uint64_t i = 0; i < repeats(); i += 8) one(), one(), one(), one(), one(), one(), one(), one();
  }

  const std::uint64_t bytes_;
  const std::uint64_t chunk_;
  posix::SharedMapping memory_;
  std::vector<std::byte> own_;
  std::uint64_t number_ = 0;
};

/// All parties add to one line at the same time.
class FetchAdd final : public Bursts {
 public:
  explicit FetchAdd(int parties) : Bursts(parties, 1), sums_(0) {}

 private:
  static constexpr std::uint64_t kAdds = 2048;
  struct Sums {
    Line<std::uint64_t> sum;
    Line<std::uint64_t> begun;
    Line<std::uint64_t> ended;
  };

  std::uint64_t operations(int) const override { return kAdds * static_cast<std::uint64_t>(parties()); }

  bool add() {
    Sums& sums = *sums_;
    goal_ += static_cast<std::uint64_t>(parties());
    sums.begun.value.fetch_add(1, std::memory_order_acq_rel);
    if (!look_until([&] { return sums.begun.value.load(std::memory_order_acquire) >= goal_; }, 1))
      return false;
    for (std::uint64_t i = 0; i < kAdds; ++i) sums.sum.value.fetch_add(1, std::memory_order_acq_rel);
    sums.ended.value.fetch_add(1, std::memory_order_acq_rel);
    return true;
  }

  double burst(int) override {
    bool good = true;
    const double ns = timed(operations(0), [&] {
      good =
          add() && look_until([&] { return sums_->ended.value.load(std::memory_order_acquire) >= goal_; }, 1);
    });
    return good ? ns : kUnknown;
  }
  bool partner(int, int) override { return add(); }

  posix::Shared<Sums> sums_;
  std::uint64_t goal_ = 0;  // each party's own; all count alike
};

class Syscall final : public Bursts {
 public:
  Syscall() : Bursts(1, 1) {}

 private:
  static constexpr std::uint64_t kCalls = 256;
  std::uint64_t operations(int) const override { return kCalls; }
  double burst(int) override {
    return timed(kCalls, [] {
      for (std::uint64_t i = 0; i < kCalls; ++i) posix::cheapest_call();
    });
  }
};

/// Two processes that sleep in turn. The wake-up itself is the message: it counts only once the other was
/// found asleep, or two that run side by side would answer each other without ever sleeping.
class FutexHandOver final : public Bursts {
 public:
  FutexHandOver() : Bursts(2, 1), words_(0) {}

 private:
  static constexpr std::uint32_t kTrips = 8;
  struct Words {
    alignas(posix::kPad) posix::FutexWord there{0};
    alignas(posix::kPad) posix::FutexWord back{0};
  };
  std::uint64_t operations(int) const override { return kTrips; }

  static bool hand_over(const posix::FutexWord& word) {
    for (const posix::Deadline deadline = posix::Deadline::in(kLost); posix::futex_wake(word, 1) == 0;) {
      if (deadline.passed()) return false;
      posix::yield();
    }
    return true;
  }
  static bool await(const posix::FutexWord& word) {
    return posix::futex_wait(word, 0, posix::Deadline::in(kLost));
  }

  double burst(int) override {
    bool good = true;
    const double ns = timed(kTrips, [&] {
      for (std::uint32_t i = 0; i < kTrips && good; ++i)
        good = hand_over(words_->there) && await(words_->back);
    });
    return good ? ns : kUnknown;
  }
  bool partner(int, int) override {
    for (std::uint32_t i = 0; i < kTrips; ++i)
      if (!await(words_->there) || !hand_over(words_->back)) return false;
    return true;
  }

  posix::Shared<Words> words_;
};

/// Two processes of one CPU that give it up to each other: two switches and nothing else.
class YieldHandOver final : public Bursts {
 public:
  YieldHandOver() : Bursts(2, 1), words_(0) {}

 private:
  static constexpr std::uint32_t kTrips = 16;
  struct Words {
    Line<std::uint32_t> there;
    Line<std::uint32_t> back;
  };
  std::uint64_t operations(int) const override { return kTrips; }

  static bool await(const std::atomic<std::uint32_t>& word, std::uint32_t number) {
    const posix::Deadline deadline = posix::Deadline::in(kLost);
    while (word.load(std::memory_order_acquire) != number) {
      posix::yield();
      if (deadline.passed()) return false;
    }
    return true;
  }

  double burst(int) override {
    bool good = true;
    const double ns = timed(kTrips, [&] {
      for (std::uint32_t i = 0; i < kTrips && good; ++i) {
        words_->there.value.store(++number_, std::memory_order_release);
        good = await(words_->back.value, number_);
      }
    });
    return good ? ns : kUnknown;
  }
  bool partner(int, int) override {
    for (std::uint32_t i = 0; i < kTrips; ++i) {
      if (!await(words_->there.value, ++number_)) return false;
      words_->back.value.store(number_, std::memory_order_release);
    }
    return true;
  }

  posix::Shared<Words> words_;
  std::uint32_t number_ = 0;  // each party's own; both count alike
};

class PipeTrip final : public Bursts {
 public:
  PipeTrip() : Bursts(2, 1), there_(4096), back_(4096) {}

 private:
  static constexpr std::uint64_t kTrips = 8;
  std::uint64_t operations(int) const override { return kTrips; }

  static bool put(const posix::Pipe& pipe) {
    constexpr std::byte one{1};
    return pipe.write_now({{&one, 1}, {}}) == 1;
  }
  static bool get(const posix::Pipe& pipe) {
    std::byte one;
    return pipe.read({{&one, 1}, {}}) == 1;
  }

  double burst(int) override {
    bool good = true;
    const double ns = timed(kTrips, [&] {
      for (std::uint64_t i = 0; i < kTrips && good; ++i) good = put(there_) && get(back_);
    });
    return good ? ns : kUnknown;
  }
  bool partner(int, int) override {
    for (std::uint64_t i = 0; i < kTrips; ++i)
      if (!get(there_) || !put(back_)) return false;
    return true;
  }

  posix::Pipe there_;
  posix::Pipe back_;
};

class Fork final : public Bursts {
 public:
  explicit Fork(std::uint64_t bytes) : Bursts(1, 1), bytes_(bytes) {}

 private:
  std::uint64_t operations(int) const override { return 1; }
  double burst(int) override {
    // In the process that forks and nowhere else; a cell of globals/fork holds its own memory besides: see
    // floor_of().
    if (bytes_ > 0 && resident_.size() == 0) {
      resident_ = posix::PrivateMapping(bytes_);
      for (std::size_t at = 0; at < bytes_; at += 4096) resident_.data()[at] = std::byte{1};
    }
    return timed(1, [] { posix::reap(posix::bare_fork([] { return 0; })); });
  }
  const std::uint64_t bytes_;
  posix::PrivateMapping resident_;
};

class PageFault final : public Bursts {
 public:
  PageFault() : Bursts(1, 1) {}

 private:
  static constexpr std::uint64_t kPages = 64;
  std::uint64_t operations(int) const override { return kPages; }
  double burst(int) override {
    const posix::PrivateMapping fresh(kPages * 4096);
    return timed(kPages, [&] {
      for (std::uint64_t page = 0; page < kPages; ++page) {
        fresh.data()[page * 4096] = std::byte{1};
        next_operation();
      }
    });
  }
};

}  // namespace

std::string_view name(Floor floor) {
  return kNames[static_cast<std::size_t>(floor)];
}

int parties(Floor floor, int procs, int width) {
  switch (floor) {
    case Floor::none:
      return 0;
    case Floor::cache_line:
    case Floor::block_stream:
      return procs >= 2 && width >= 2 ? 2 : 0;
    case Floor::futex:
    case Floor::yield:
    case Floor::pipe:
      return procs >= 2 ? 2 : 0;
    case Floor::copy:
      return procs >= 2 && width >= 2 ? 2 : 1;
    case Floor::fetch_add:
      return std::min(procs, width);
    case Floor::echo_socket:
    case Floor::echo_tcp:
    case Floor::echo_shm:
      return procs;
    case Floor::syscall:
    case Floor::fork:
    case Floor::page_fault:
      return 1;
  }
  return 0;
}

std::unique_ptr<Probe> make_probe(Floor floor, std::uint64_t bytes, int parties,
                                  const std::vector<int>& server_seats) {
  switch (floor) {
    case Floor::none:
      return nullptr;
    case Floor::cache_line:
      return std::make_unique<CacheLine>();
    case Floor::block_stream:
      return std::make_unique<BlockStream>(bytes);
    case Floor::copy:
      return std::make_unique<Copy>(bytes, parties);
    case Floor::fetch_add:
      return std::make_unique<FetchAdd>(parties);
    case Floor::syscall:
      return std::make_unique<Syscall>();
    case Floor::futex:
      return std::make_unique<FutexHandOver>();
    case Floor::yield:
      return std::make_unique<YieldHandOver>();
    case Floor::pipe:
      return std::make_unique<PipeTrip>();
    case Floor::fork:
      return std::make_unique<Fork>(bytes);
    case Floor::page_fault:
      return std::make_unique<PageFault>();
    case Floor::echo_socket:
    case Floor::echo_tcp:
    case Floor::echo_shm:
      return make_echo(floor, bytes, parties, server_seats);
  }
  return nullptr;
}

}  // namespace shmoo::bench
