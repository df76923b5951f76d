// Reading the small text files of /proc and /sys below a root folder. A file that is missing, not readable,
// empty or not what was asked for is null: nobody here throws.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machine/facts.hpp"

namespace shmoo::machine {

class Files {
 public:
  explicit Files(std::filesystem::path root) : root_(std::move(root)) {}

  /// The whole file without white space at its end; "" is nothing.
  std::optional<std::string> text(std::string_view path) const;
  std::optional<std::int64_t> number(std::string_view path) const;
  /// The choice in brackets of "always [madvise] never", or the only word.
  std::optional<std::string> choice(std::string_view path) const;
  /// The value of "key : value" or "key value", the first line that has it.
  std::optional<std::string> field(std::string_view path, std::string_view key) const;
  /// The value in bytes of "key:  123 kB".
  std::optional<std::int64_t> bytes(std::string_view path, std::string_view key) const;
  /// Names in a folder, sorted.
  std::vector<std::string> names(std::string_view folder) const;
  bool exists(std::string_view path) const;

 private:
  std::filesystem::path at(std::string_view path) const {
    return root_ / std::filesystem::path(path).relative_path();
  }
  std::filesystem::path root_;
};

/// A decimal number at the start of `text`.
std::optional<std::int64_t> to_number(std::string_view text);
/// The CPUs of a kernel list such as "0-3,8".
std::vector<int> cpu_list(std::string_view text);
std::vector<std::string> words(std::string_view text);

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace shmoo::machine
