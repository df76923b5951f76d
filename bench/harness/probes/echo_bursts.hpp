// What the echo floors have in common, whatever their requests travel by: servers, and where they sit; and
// all clients calling at the same time.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <new>
#include <system_error>
#include <vector>

#include "harness/probes/bursts.hpp"
#include "harness/probes/echo.hpp"
#include "posix/affinity.hpp"
#include "posix/child.hpp"

namespace shmoo::bench::probes {

/// All parties call at the same time, each as soon as its last call was answered. The rate of all together is
/// the sum of their own rates: when some began late it comes out too high, and the floor too low, never too
/// high.
class EchoBursts : public Bursts {
 protected:
  /// `seats`: the CPUs of the servers; empty = all that this process may use.
  EchoBursts(int clients, int forms, std::uint64_t bytes, const std::vector<int>& seats)
      : Bursts(clients, forms),
        bytes_(std::min(bytes, kLongestEcho)),
        count_(servers_for(clients, seats)),
        board_(static_cast<std::size_t>(clients) * sizeof(Party)),
        cpus_(seats_or_all(seats)) {
    for (int i = 0; i < clients; ++i) new (&party_at(i)) Party;
  }

  static constexpr int kMostServers = 4;
  /// As many as the manager would have threads.
  static int servers_for(int clients, const std::vector<int>& seats) {
    return std::min(clients, std::clamp(static_cast<int>(seats_or_all(seats).size()) / 2, 1, kMostServers));
  }
  /// Server i has the clients i, i + servers, i + 2 servers ...
  int servers() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }

  /// Starts the servers, each of which does that, given its number.
  void start(const std::function<void(int)>& serve) {
    for (int server = 0; server < servers(); ++server) {
      posix::Child::Options options;
      options.group = servers_.empty() ? 0 : servers_.front().pid();
      options.name = "shmoo-echo";
      servers_.emplace_back([&] { serve(server); }, options);
    }
  }

  /// Of a burst, each party. Few where they are long.
  virtual std::uint64_t most_trips(int form) const = 0;
  /// Before the clock starts. @return false when the server is gone or does not answer.
  virtual bool prepare(int party, int form) = 0;
  /// One request and its reply; returns likewise.
  virtual bool trip(int party, int form) = 0;
  /// After the last trip, whether or not all was well. Only where the party has been prepared.
  virtual void rest(int /*party*/) {}

  /// The first client of a server says where it sits. @return false when it is gone.
  bool seat_server(int party, bool beside) {
    if (party >= servers()) return true;
    const int here = posix::current_cpu();
    std::vector<int> seats = elsewhere(here);
    if (seats.empty() || (beside && std::find(cpus_.begin(), cpus_.end(), here) != cpus_.end()))
      seats = {here};
    if (seats == seats_) return true;
    try {
      posix::confine(servers_[static_cast<std::size_t>(party)].pid(), seats);
    } catch (const std::system_error&) {
      return false;
    }
    seats_ = seats;
    return true;
  }

 private:
  static constexpr std::uint64_t kEnough = 256 << 10;  // bytes of a burst: every form has to come
  static constexpr std::uint64_t kPart = 8;            // trips: few that one disturbance spoils

  static std::vector<int> seats_or_all(const std::vector<int>& seats) {
    return seats.empty() ? posix::allowed_cpus() : seats;
  }

  struct alignas(posix::kPad) Party {
    double ns = 0;             // per trip
    std::atomic<int> cpu{-1};  // where it was seen last
  };
  struct Board {
    alignas(posix::kPad) std::atomic<int> done{0};
    sync::Event all_done;
  };
  Party& party_at(int party) const { return reinterpret_cast<Party*>(board_.tail())[party]; }

  /// The seats where no client sits; where there is none, any but `here`.
  std::vector<int> elsewhere(int here) const {
    std::vector<int> others = cpus_;
    std::erase(others, here);
    std::vector<int> free = others;
    for (int party = 0; party < parties(); ++party)
      std::erase(free, party_at(party).cpu.load(std::memory_order_relaxed));
    return free.empty() ? others : free;
  }

  std::uint64_t trips(int form) const {
    const auto bytes = std::max<std::uint64_t>(bytes_, 1) * static_cast<std::uint64_t>(parties());
    return std::clamp<std::uint64_t>(kEnough / bytes, 1, most_trips(form));
  }
  /// A server has just been forked when the first call comes: it and the pages that it touches for the first
  /// time take longer than the budget.
  int least_bursts() const final { return 4; }
  std::uint64_t operations(int form) const final {
    return trips(form) * static_cast<std::uint64_t>(parties());
  }

  /// A party's calls of one burst.
  bool call_all(int party, int form) {
    Party& mine = party_at(party);
    mine.cpu.store(posix::current_cpu(), std::memory_order_relaxed);
    // An answer that came too late is still under way: it must not be taken for the next one.
    if (!lost_) {
      bool good = prepare(party, form);
      // Of many clients only the whole burst tells what they did beside each other. Of one the best part
      // counts.
      const std::uint64_t all = trips(form);
      const std::uint64_t part = parties() == 1 ? std::min(all, kPart) : all;
      mine.ns = kWorst;
      for (std::uint64_t done = 0; done < all && good; done += part) {
        const double ns = timed(part, [&] {
          for (std::uint64_t i = 0; i < part && good; ++i) good = trip(party, form);
        });
        mine.ns = std::min(mine.ns, ns);
      }
      rest(party);
      lost_ = !good;
    }
    if (lost_) mine.ns = kUnknown;
    return !lost_;
  }

  double burst(int form) final {
    if (!call_all(0, form)) return kUnknown;
    double rate = 1 / party_at(0).ns;
    if (parties() == 1) return party_at(0).ns;
    Board& board = *board_;
    const auto all = [&] { return board.done.load(std::memory_order_acquire) == parties() - 1; };
    if (!board.all_done.wait(all, posix::Deadline::in(kLost))) return kUnknown;
    board.done.store(0, std::memory_order_relaxed);
    for (int party = 1; party < parties(); ++party) rate += 1 / party_at(party).ns;
    return 1 / rate;
  }

  bool partner(int party, int form) final {
    const bool good = call_all(party, form);
    board_->done.fetch_add(1, std::memory_order_acq_rel);
    board_->all_done.notify_all();
    return good;
  }

  const std::uint64_t bytes_;
  const int count_;  // of servers
  posix::Shared<Board> board_;
  std::vector<posix::Child> servers_;
  const std::vector<int> cpus_;  // of the servers
  // A process's own.
  std::vector<int> seats_;  // of the server whose first client this is
  bool lost_ = false;
};

}  // namespace shmoo::bench::probes
