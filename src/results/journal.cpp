#include "results/journal.hpp"

#include <fstream>
#include <string>

#include "posix/append_file.hpp"

namespace shmoo::results {

Journal::Journal(std::filesystem::path path)
    : path_(std::move(path)), fd_(posix::create_append_only(path_)) {}

void Journal::append(const Json& entry) {
  posix::append(fd_, entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::vector<Json> Journal::read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Json> entries;
  for (std::string line; std::getline(file, line);) {
    Json entry = Json::parse(line, nullptr, false);
    if (entry.is_discarded()) break;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace shmoo::results
