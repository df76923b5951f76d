#include "harness/probes/line_echo.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include "harness/probes/echo_bursts.hpp"
#include "posix/mapping.hpp"
#include "posix/rest.hpp"
#include "posix/server_process.hpp"
#include "share/manager/line_ring.hpp"
#include "share/manager/protocol.hpp"
#include "sync/event.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench::probes {
namespace {

using manager::LineReader;
using manager::LineRing;
using manager::LineWriter;
using manager::ReplyHeader;
using manager::RequestHeader;

/// A form of the bursts.
struct Way {
  bool there;           // the payload goes there, or comes back
  bool beside;          // the server sits beside its first client, or elsewhere
  std::uint32_t looks;  // before each further look gives up the CPU
  int pauses;           // between looks
  bool sleeps = false;  // instead of looking again
};
constexpr std::uint32_t kSomeLooks = 256;
constexpr std::uint32_t kManyLooks = 4096;

/// Who has a CPU to himself only looks; not for ever, since he may be mistaken. Where clients and servers
/// share CPUs a look is a turn of the CPU, at once or, where the team may spin, after some looks: who comes
/// within them costs no turn. Turns go to strangers as well, which may keep them for long; there it is faster
/// to sleep and be woken.
std::vector<Way> ways(int processes, std::size_t cpus) {
  const bool spins = sync::patience().spins > 0;
  std::vector<Way> all;
  const auto both = [&](bool beside, std::uint32_t looks, int pauses = 0) {
    for (const bool there : {true, false}) all.push_back({there, beside, looks, pauses});
  };
  const auto asleep = [&](bool beside) {
    for (const bool there : {true, false}) all.push_back({there, beside, 0, 0, true});
  };
  if (spins && static_cast<std::size_t>(processes) <= cpus) {
    for (const int pauses : {0, 1, 6}) both(false, pauses > 0 ? kSomeLooks : kManyLooks, pauses);
    return all;
  }
  // Few enough that every one has its burst. First what holds when a stranger keeps the CPU: that may take
  // all the time. To sleep elsewhere is slow where idle CPUs halt, and would take it as well.
  asleep(true);
  both(true, 0);
  if (cpus < 2) return all;
  both(false, spins ? kSomeLooks : 0);
  if (spins) both(true, kSomeLooks);
  return all;
}

/// The looks at something that has not come yet.
class Wait {
 public:
  /// Passes the time until the next look. @return false when it does not come any more.
  bool again(const Way& way) {
    if (count_++ < way.looks)
      for (int pause = 0; pause < way.pauses; ++pause) sync::relax();
    else
      posix::yield();
    if (count_ % 4096 != 0) return true;
    // Rarely: the clock would be part of what is measured.
    const std::int64_t now = posix::monotonic_ns();
    if (since_ == 0) since_ = now;
    return now - since_ <= kLost.count();
  }

 private:
  std::uint64_t count_ = 0;
  std::int64_t since_ = 0;
};

struct Pair {
  LineRing requests;
  LineRing replies;
  alignas(posix::kPad) sync::Event served;  // for a client that sleeps
};

/// By which the clients of one server tell it to look at their lines. Whoever is killed between begin and end
/// makes it look in vain until it takes him for lost.
struct Call {
  alignas(posix::kPad) std::atomic<std::uint32_t> begun{0};  // times that a client began
  std::atomic<int> callers{0};                               // clients that began and have not ended
  std::atomic<int> form{0};
  alignas(posix::kPad) sync::Event event;
};

/// Where payload passes through: what stays in the nearest cache is moved and no more.
using Piece = std::array<char, 16 << 10>;

/// A server's end of one client's lines.
class Client {
 public:
  explicit Client(Pair& pair) : in_(pair.requests), out_(pair.replies), served_(&pair.served) {}

  /// Whether serve() has something to do.
  bool ready() { return unsent_ > 0 ? out_.has_room() : in_.ready(); }
  void wake() { served_->notify_all(); }

  /// Takes what is there, and answers what is whole. `out` has room for the longest reply.
  /// @return whether there was something to do.
  bool serve(Piece& piece, char* out) {
    if (unsent_ > 0) return send(out);
    const std::size_t got = in_.read(piece.data(), piece.size());
    if (got == 0) return false;
    if (missing_ == 0) {
      // A new request: its header comes as a whole, in the first line. Nothing follows before it is answered.
      std::memcpy(&header_, piece.data(), sizeof header_);
      missing_ = sizeof header_ + header_.bytes;
    }
    missing_ -= std::min(got, missing_);
    if (missing_ > 0) return true;
    ReplyHeader reply;
    reply.bytes = static_cast<std::uint32_t>(header_.object);
    reply.request = header_.request;
    // Several clients use `out`: this goes out at once, since the last reply was read.
    std::memcpy(out, &reply, sizeof reply);
    whole_ = unsent_ = sizeof reply + reply.bytes;
    return send(out);
  }

 private:
  bool send(const char* out) {
    const std::size_t moved = out_.write(out + (whole_ - unsent_), unsent_);
    unsent_ -= moved;
    return moved > 0;
  }

  LineReader in_;
  LineWriter out_;
  sync::Event* served_;
  RequestHeader header_;
  std::size_t missing_ = 0;  // of the request that is on its way
  std::size_t whole_ = 0;    // of the reply
  std::size_t unsent_ = 0;
};

class LineEcho final : public EchoBursts {
 public:
  LineEcho(std::uint64_t bytes, int clients, const std::vector<int>& seats)
      : LineEcho(bytes, clients, seats,
                 ways(clients + servers_for(clients, seats), posix::allowed_cpus().size())) {}

 private:
  LineEcho(std::uint64_t bytes, int clients, const std::vector<int>& seats, std::vector<Way> ways)
      : EchoBursts(clients, static_cast<int>(ways.size()), bytes, seats),
        ways_(std::move(ways)),
        shared_(static_cast<std::size_t>(clients) * sizeof(Pair)) {
    for (int client = 0; client < clients; ++client) {
      Pair& pair = *new (&pair_of(client)) Pair;
      ends_.push_back({LineWriter(pair.requests), LineReader(pair.replies)});
    }
    start([this](int server) {
      posix::keep_only({});
      serve(server);
    });
  }

  /// Several clients take some trips to fall into step, longer where they give the CPU to each other.
  std::uint64_t most_trips(int form) const override {
    const bool alone = parties() == 1;
    if (ways_[static_cast<std::size_t>(form)].sleeps) return alone ? 8 : 16;
    return alone ? 32 : 256;
  }
  struct Ends {
    LineWriter out;
    LineReader in;
  };
  struct Calls {
    Call of[kMostServers];
  };

  Pair& pair_of(int client) const { return reinterpret_cast<Pair*>(shared_.tail())[client]; }
  Call& call_of(int server) const { return shared_->of[server]; }

  /// Until the next look. @return false when what is waited for does not come any more.
  template <class Ready>
  static bool pass(const Way& way, Wait& wait, sync::Event& event, Ready ready) {
    return way.sleeps ? event.wait(ready, posix::Deadline::in(kLost)) : wait.again(way);
  }

  // The server's side.

  [[noreturn]] void serve(int server) {
    sync::patience() = {};  // between bursts it sleeps at once
    std::vector<Client> clients;
    for (int client = server; client < parties(); client += servers()) clients.emplace_back(pair_of(client));
    std::vector<char> out(sizeof(ReplyHeader) + bytes());
    Call& call = call_of(server);
    for (std::uint32_t seen = 0;;) {
      call.event.wait([&] { return call.begun.load(std::memory_order_acquire) != seen; });
      seen = call.begun.load(std::memory_order_acquire);
      serve_burst(call, clients, out.data());
    }
  }

  void serve_burst(Call& call, std::vector<Client>& clients, char* out) {
    for (Wait wait;;) {
      const int form = call.form.load(std::memory_order_relaxed);
      const Way& way = ways_[static_cast<std::size_t>(form)];
      bool moved = false;
      for (Client& client : clients) {
        if (!client.serve(piece_, out)) continue;
        moved = true;
        if (way.sleeps) client.wake();
      }
      if (moved) {
        wait = {};
        continue;
      }
      const auto over = [&] { return call.callers.load(std::memory_order_acquire) == 0; };
      if (over()) return;
      const auto wanted = [&] {
        return over() || call.form.load(std::memory_order_acquire) != form ||
               std::any_of(clients.begin(), clients.end(), [](Client& client) { return client.ready(); });
      };
      if (!pass(way, wait, call.event, wanted)) return;
    }
  }

  // The client's side.

  bool prepare(int party, int form) override {
    const Way& way = ways_[static_cast<std::size_t>(form)];
    Call& call = call_of(party % servers());
    before_ = sync::patience();
    if (way.sleeps) sync::patience() = {};
    call.form.store(form, std::memory_order_relaxed);  // the same for all
    call.callers.fetch_add(1, std::memory_order_relaxed);
    call.begun.fetch_add(1, std::memory_order_release);
    call.event.notify_all();
    // An empty request that is not timed: once it is answered the server is awake, and where it is to be.
    room_.resize(sizeof(RequestHeader) + bytes());
    return seat_server(party, way.beside) && exchange(party, way, 0, 0);
  }

  bool trip(int party, int form) override {
    const Way& way = ways_[static_cast<std::size_t>(form)];
    return way.there ? exchange(party, way, bytes(), 0) : exchange(party, way, 0, bytes());
  }

  void rest(int party) override {
    Call& call = call_of(party % servers());
    call.callers.fetch_sub(1, std::memory_order_release);
    call.event.notify_all();
    sync::patience() = before_;
  }

  bool exchange(int party, const Way& way, std::uint64_t there, std::uint64_t back) {
    Ends& ends = ends_[static_cast<std::size_t>(party)];
    sync::Event& served = pair_of(party).served;
    sync::Event& wanted = call_of(party % servers()).event;
    RequestHeader header;
    header.bytes = static_cast<std::uint32_t>(there);
    header.object = back;  // says how long an answer is wanted
    std::memcpy(room_.data(), &header, sizeof header);
    const std::size_t request = sizeof header + there;
    Wait wait;
    for (std::size_t sent = 0;;) {
      const std::size_t moved = ends.out.write(room_.data() + sent, request - sent);
      if (way.sleeps && moved > 0) wanted.notify_all();
      if ((sent += moved) == request) break;
      if (moved > 0)
        wait = {};
      else if (!pass(way, wait, served, [&] { return ends.out.has_room(); }))
        return false;
    }
    wait = {};
    for (std::size_t missing = sizeof(ReplyHeader) + back;;) {
      const std::size_t got = ends.in.read(piece_.data(), piece_.size());
      if (way.sleeps && ends.in.made_room()) wanted.notify_all();
      if ((missing -= std::min(got, missing)) == 0) return true;
      if (got > 0)
        wait = {};
      else if (!pass(way, wait, served, [&] { return ends.in.ready(); }))
        return false;
    }
  }

  const std::vector<Way> ways_;
  posix::Shared<Calls> shared_;
  std::vector<Ends> ends_;  // each party uses its own
  // A process's own.
  sync::Patience before_;
  std::vector<char> room_;
  alignas(64) Piece piece_{};
};

}  // namespace

std::unique_ptr<Probe> make_line_echo(std::uint64_t bytes, int clients, const std::vector<int>& seats) {
  return std::make_unique<LineEcho>(bytes, clients, seats);
}

}  // namespace shmoo::bench::probes
