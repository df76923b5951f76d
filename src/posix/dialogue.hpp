// A program that we start and talk to in messages, over its standard input and output.
//
// A message is a list of fields, each any bytes: 4 bytes that say how many, then for each 4 bytes of length
// and the field itself; little-endian. The program belongs to the process that started it, and to one thread
// of it at a time; it dies with that process, and should end by itself at the end of its input. A child that
// inherits a Dialogue by fork must not use it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posix/child.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

class Dialogue {
 public:
  using Fields = std::vector<std::string>;

  /// Starts `program` (a path) with `arguments` (without argv[0]); its standard error is ours. Errors:
  /// std::system_error.
  Dialogue(const std::string& program, const std::vector<std::string>& arguments);
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  /// Kills it, in the process that started it.
  ~Dialogue();

  /// Says `fields` and waits for the answer. Errors: std::runtime_error when the program has ended.
  Fields ask(const Fields& fields);

  pid_t pid() const { return child_->pid(); }

 private:
  [[noreturn]] void gone();
  void read_all(char* data, std::size_t bytes);
  std::uint32_t read_number();

  std::string program_;
  Fd in_;
  Fd out_;
  std::unique_ptr<Child> child_;
  std::uint64_t generation_;
};

}  // namespace shmoo::posix
