#include "posix/dialogue.hpp"

#include <signal.h>
#include <unistd.h>

#include <stdexcept>

#include "posix/error.hpp"
#include "posix/fork_generation.hpp"
#include "posix/program.hpp"

namespace shmoo::posix {
namespace {

void put_number(std::string& out, std::size_t number) {
  const auto small = static_cast<std::uint32_t>(number);
  out.append(reinterpret_cast<const char*>(&small), sizeof small);
}

/// Holds SIGPIPE back while it lives: a program that has ended is an error, not our death.
class NoSigpipe {
 public:
  NoSigpipe() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() { ::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace

Dialogue::Dialogue(const std::string& program, const std::vector<std::string>& arguments)
    : program_(program), generation_(fork_generation()) {
  auto [their_in, our_out] = private_pipe();
  auto [our_in, their_out] = private_pipe();
  child_ = std::make_unique<Child>([&] {
    if (::dup2(their_in.get(), 0) < 0 || ::dup2(their_out.get(), 1) < 0) leave(127);
    become(program, arguments);
  });
  in_ = std::move(our_out);
  out_ = std::move(our_in);
}

Dialogue::~Dialogue() {
  if (generation_ != fork_generation()) static_cast<void>(child_.release());
}

Dialogue::Fields Dialogue::ask(const Fields& fields) {
  std::string message;
  put_number(message, fields.size());
  for (const std::string& field : fields) {
    put_number(message, field.size());
    message += field;
  }
  {
    const NoSigpipe held;
    for (std::size_t done = 0; done < message.size();) {
      const ssize_t written =
          retry([&] { return ::write(in_.get(), message.data() + done, message.size() - done); });
      if (written <= 0) gone();
      done += static_cast<std::size_t>(written);
    }
  }
  Fields answer(read_number());
  for (std::string& field : answer) {
    field.resize(read_number());
    read_all(field.data(), field.size());
  }
  return answer;
}

void Dialogue::gone() {
  throw std::runtime_error(program_ + " has ended in the middle of a dialogue");
}

void Dialogue::read_all(char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = retry([&] { return ::read(out_.get(), data, bytes); });
    if (got <= 0) gone();
    data += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

std::uint32_t Dialogue::read_number() {
  std::uint32_t number;
  read_all(reinterpret_cast<char*>(&number), sizeof number);
  return number;
}

}  // namespace shmoo::posix
