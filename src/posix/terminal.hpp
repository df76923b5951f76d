// Is somebody looking?
#pragma once
#include <sys/ioctl.h>
#include <unistd.h>

namespace shmoo::posix {

/// Whether a descriptor is a terminal.
inline bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

/// Columns of the terminal, 80 when it does not tell.
inline int terminal_width(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace shmoo::posix
