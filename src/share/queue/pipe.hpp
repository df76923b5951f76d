// queue/pipe: a pipe, written and read by the callers; Python's SimpleQueue, with a bound and deadlines.
//
// Frames of up to PIPE_BUF (4096 bytes, header included) are written without a lock, when the queue was made
// for no longer ones: a short frame could land in the middle of a long one that the kernel takes in pieces.
// A put is one system call. So is a get of a short item that waits for ever, and with a finite deadline or
// long items it is two (poll and read); when short items have piled up, one call serves a whole batch. Bound:
// max_items, or what the pipe holds: 256 KiB of short items, else 1 MiB (less where the system's limit on
// pipes is reached).
//
// Who may call, who synchronises, lifetime, and what a death costs: stream.hpp.
#pragma once
#include "posix/pipe.hpp"
#include "share/mechanism.hpp"
#include "share/queue/stream_queue.hpp"

namespace shmoo::queue {

using PipeQueue = StreamQueue<posix::Pipe>;

struct Pipe {
  static constexpr About about{
      .name = "pipe",
      .summary = "frames in a pipe, written and read by the callers",
      .peer_death =
          "a killed getter loses at most the item it was taking, a killed putter the one it was putting"};
  using Type = PipeQueue;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
