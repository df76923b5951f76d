#include "posix/message_queue.hpp"

#include <fcntl.h>
#include <time.h>

#include <fstream>

#include "posix/error.hpp"
#include "posix/leftovers.hpp"

namespace shmoo::posix {
namespace {

timespec realtime_in(Nanoseconds wait) {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const long long ns = now.tv_nsec + wait.count();
  return {now.tv_sec + ns / 1'000'000'000, ns % 1'000'000'000};
}

void read_limit(const char* path, std::size_t& limit) {
  std::ifstream(path) >> limit;
}

}  // namespace

MessageQueue::Limits MessageQueue::limits() {
  Limits limits;
  read_limit("/proc/sys/fs/mqueue/msg_max", limits.messages);
  read_limit("/proc/sys/fs/mqueue/msgsize_max", limits.message_bytes);
  return limits;
}

MessageQueue::MessageQueue(std::size_t messages, std::size_t message_bytes) {
  mq_attr shape{};
  shape.mq_maxmsg = static_cast<long>(messages);
  shape.mq_msgsize = static_cast<long>(message_bytes);
  const std::string name = '/' + unique_name();
  queue_ = ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &shape);
  check(queue_, "open a message queue");
  ::mq_unlink(name.c_str());
}

MessageQueue::~MessageQueue() {
  ::mq_close(queue_);
}

bool MessageQueue::send(std::span<const std::byte> message, Nanoseconds wait) const {
  const timespec until = realtime_in(wait);
  const int result = retry([&] {
    return ::mq_timedsend(queue_, reinterpret_cast<const char*>(message.data()), message.size(), 0, &until);
  });
  if (result < 0 && errno == ETIMEDOUT) return false;
  check(result, "send to a message queue");
  return true;
}

std::optional<std::size_t> MessageQueue::receive(std::span<std::byte> buffer, Nanoseconds wait) const {
  const timespec until = realtime_in(wait);
  const auto length = retry([&] {
    return ::mq_timedreceive(queue_, reinterpret_cast<char*>(buffer.data()), buffer.size(), nullptr, &until);
  });
  if (length < 0 && errno == ETIMEDOUT) return std::nullopt;
  return static_cast<std::size_t>(check(length, "receive from a message queue"));
}

std::size_t MessageQueue::size() const {
  mq_attr now{};
  check(::mq_getattr(queue_, &now), "ask a message queue for its state");
  return static_cast<std::size_t>(now.mq_curmsgs);
}

}  // namespace shmoo::posix
