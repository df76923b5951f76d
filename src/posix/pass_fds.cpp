#include "posix/pass_fds.hpp"

#include <sys/socket.h>

#include <cstring>

#include "posix/error.hpp"

namespace shmoo::posix {
namespace {

/// A message of one piece with room for descriptors.
struct Message {
  Message(void* data, std::size_t bytes) : piece{data, bytes} {
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  iovec piece;
  msghdr header{};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostPassed * sizeof(int))]{};
};

}  // namespace

Transfer send_with_fds(int socket, const void* data, std::size_t bytes, std::span<const int> fds) {
  if (fds.empty() || fds.size() > kMostPassed) fail("pass descriptors", EINVAL);
  Message message(const_cast<void*>(data), bytes);
  message.header.msg_controllen = CMSG_SPACE(fds.size_bytes());
  cmsghdr* rights = CMSG_FIRSTHDR(&message.header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(fds.size_bytes());
  std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  return moved(retry([&] { return ::sendmsg(socket, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL); }),
               "pass descriptors");
}

Transfer receive_with_fds(int socket, void* data, std::size_t bytes, std::vector<Fd>& fds) {
  Message message(data, bytes);
  const ssize_t result = retry([&] { return ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC); });
  if (result >= 0) {
    for (cmsghdr* one = CMSG_FIRSTHDR(&message.header); one; one = CMSG_NXTHDR(&message.header, one)) {
      if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd;
        std::memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
        fds.emplace_back(fd);
      }
    }
  }
  return moved(result, "receive descriptors");
}

}  // namespace shmoo::posix
