#include "posix/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "posix/error.hpp"

namespace shmoo::posix {

std::pair<Fd, Fd> private_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

void become(const std::string& path, std::vector<std::string> arguments) {
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (std::string& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execv(path.c_str(), argv.data());
  std::perror(("shmoo: execute " + path).c_str());
  leave(127);
}

Program::Program(const std::string& path, const std::vector<std::string>& arguments) {
  auto [their_in, our_out] = private_pipe();
  auto [our_in, their_out] = private_pipe();
  // Captured by name: older versions of Clang cannot capture a structured binding.
  child_ = Child([&, in = their_in.get(), out = their_out.get()] {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::signal(SIGPIPE, SIG_DFL);
    // The terminal's Ctrl-C is for us; we pass it on when we are ready.
    ::setpgid(0, 0);
    if (::dup2(in, 0) < 0 || ::dup2(out, 1) < 0) leave(127);
    become(path, arguments);
  });
  in_ = std::move(our_out);
  out_ = std::move(our_in);
  ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
}

void Program::feed(const std::string& text) {
  // A program that ends early must not take us with it.
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = retry([&] { return ::write(in_.get(), text.data() + done, text.size() - done); });
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  ::signal(SIGPIPE, before);
  in_.reset();
}

bool Program::drain(std::string& into) {
  char block[65536];
  for (;;) {
    const ssize_t got = retry([&] { return ::read(out_.get(), block, sizeof block); });
    if (got > 0) {
      into.append(block, static_cast<std::size_t>(got));
      continue;
    }
    return got < 0 && errno == EAGAIN;
  }
}

Ending run_attached(const std::string& path, const std::vector<std::string>& arguments) {
  Child child([&] { become(path, arguments); });
  child.join();
  return child.ending();
}

std::string own_program() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length > 0) return {path, static_cast<std::size_t>(length)};
  // Without /proc: the name we were started by, as the kernel saw it (relative to where we were then).
  const auto name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (!name || !::realpath(name, path)) fail("find the running program");
  return path;
}

}  // namespace shmoo::posix
