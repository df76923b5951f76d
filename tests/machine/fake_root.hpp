// A folder that takes the place of "/" for readers of /proc and /sys; gone with its object.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "posix/error.hpp"

namespace shmoo::machine {

class FakeRoot {
 public:
  FakeRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "shmoo-root-XXXXXX").string();
    if (!::mkdtemp(name.data())) posix::fail("make a temporary folder");
    root_ = name;
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;
  ~FakeRoot() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }

  const std::filesystem::path& path() const { return root_; }
  /// Writes a file below the root, with its folders; what was there is replaced.
  FakeRoot& put(std::string_view file, std::string_view text) {
    const auto target = root_ / std::filesystem::path(file).relative_path();
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary) << text;
    return *this;
  }

 private:
  std::filesystem::path root_;
};

}  // namespace shmoo::machine
