// floor/...
//
// Purpose: what does this machine allow? The probes that stand beside every sample, as cells of their own.
// Rules:   one operation = what the probe of that name does once (harness/probe.hpp). The time is that of the
// best
//          burst: a floor is what was possible, not what was usual. Never ranked with mechanisms.
#include "harness/seats.hpp"
#include "harness/team.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench {
namespace {

constexpr About kAbout{
    .name = "probe", .summary = "what the hardware and the kernel allow", .peer_death = "the launch fails"};

class Probing final : public Job {
 public:
  Probing(Floor floor, std::uint64_t bytes, int procs, int width)
      : parties_(parties(floor, procs, width)), probe_(make_probe(floor, bytes, parties_)) {
    if (!probe_) throw LaunchFailed("what the probe needs cannot be used here");
  }

  void work(Member& member, const Phase& phase) override {
    if (member.index() >= parties_) return;
    const double ns = probe_->repeat(member.index(), phase.total);
    if (member.index() > 0) return;
    if (!(ns > 0)) member.fail("the other processes did not come");
    if (phase.timed) member.took(static_cast<std::int64_t>(ns * static_cast<double>(phase.total)) + 1);
  }
  std::optional<std::string> verify(std::span<const MemberReport>) override { return std::nullopt; }

 private:
  const int parties_;
  const std::unique_ptr<Probe> probe_;
};

std::vector<Candidate> cells(Floor floor, const Points& sizes, const Points& counts) {
  std::vector<Candidate> all;
  for (const Point& size : sizes)
    for (const Point& count : counts) {
      Candidate candidate;
      const int procs = static_cast<int>(count.value);
      candidate.cell = {"floor", std::string(name(floor)), std::string(kAbout.name), size.value, procs, {}};
      candidate.about = kAbout;
      candidate.from = std::max(size.from, count.from);
      const int width = seats_of(candidate.cell).width;
      if (parties(floor, procs, width) < procs)
        candidate.refusal = "a probe of " + std::to_string(procs) + " processes needs as many CPUs";
      else
        candidate.make = [floor, bytes = size.value, procs, width] {
          return std::make_unique<Probing>(floor, bytes, procs, width);
        };
      all.push_back(std::move(candidate));
    }
  return all;
}

bool is_echo(Floor floor) {
  return floor == Floor::echo_socket || floor == Floor::echo_tcp || floor == Floor::echo_shm;
}

Registration registered(Floor floor, std::string_view operation, std::function<Points()> sizes,
                        std::function<Points()> counts) {
  return Registration{{
      .contract = "floor",
      .name = name(floor),
      .purpose = "what does this machine allow?",
      .operation = operation,
      .bytes_per_operation =
          [floor](const Cell& cell) {
            const bool moves = floor == Floor::copy || floor == Floor::block_stream || is_echo(floor);
            return moves ? cell.bytes : 0;
          },
      .bound = {},
      .candidates = [=] { return cells(floor, sizes(), counts()); },
  }};
}

constexpr auto one = [] { return Points{{1}}; };
constexpr auto two = [] { return Points{{2}}; };
constexpr auto nothing = [] { return Points{{0}}; };
constexpr auto word = [] { return Points{{8}}; };
constexpr auto messages = [] {
  return Points{{8, Profile::standard},      {64}, {512, Profile::full}, {4096}, {65536, Profile::standard},
                {1 << 20, Profile::standard}};
};
constexpr auto blocks = [] {
  return Points{{8, Profile::standard},
                {64},
                {1024, Profile::standard},
                {4096},
                {65536},
                {1 << 20, Profile::standard},
                {16 << 20, Profile::full},
                {64 << 20, Profile::full}};
};
constexpr auto payloads = [] { return Points{{0}, {64}, {65536, Profile::standard}}; };
constexpr auto memories = [] {
  return Points{{0}, {16 << 20}, {64 << 20, Profile::standard}, {256 << 20, Profile::full}};
};
constexpr auto one_and_two = [] { return Points{{1}, {2}}; };

const Registration line = registered(
    Floor::cache_line, "one cache line to another CPU and one back", [] { return Points{{64}}; }, two);
const Registration stream =
    registered(Floor::block_stream, "one message of those that are published 256 at a time", messages, two);
const Registration copy = registered(
    Floor::copy, "bytes copied out of shared memory; with two processes the other has just written them",
    blocks, one_and_two);
const Registration add =
    registered(Floor::fetch_add, "one atomic addition to one line that all processes add to", word,
               [] { return process_counts(1); });
const Registration call = registered(Floor::syscall, "the cheapest system call", nothing, one);
const Registration hand_over =
    registered(Floor::futex, "one hand-over to a sleeping process and one back by futex", nothing, two);
const Registration pipe = registered(
    Floor::pipe, "one byte through a pipe and one back", [] { return Points{{1}}; }, two);
const Registration echo = registered(
    Floor::echo_socket, "one request to a server that does nothing, by a Unix socket, and its reply",
    payloads, [] { return process_counts(1); });
const Registration echo_tcp = registered(
    Floor::echo_tcp, "one request to a server that does nothing, by TCP on one machine, and its reply",
    payloads, [] { return process_counts(1); });
const Registration echo_shm =
    registered(Floor::echo_shm, "one request to a server that does nothing, by shared memory, and its reply",
               payloads, [] { return process_counts(1); });
const Registration fork =
    registered(Floor::fork, "fork, exit and wait of a process with so much resident memory", memories, one);
const Registration fault = registered(
    Floor::page_fault, "the first write to a page of 4 KiB", [] { return Points{{4096}}; }, one);

}  // namespace
}  // namespace shmoo::bench
