#include "results/journal.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "posix/append_file.hpp"

namespace shmoo::results {
namespace {

struct Content {
  std::vector<Json> entries;
  std::size_t whole_bytes = 0;  ///< where the last whole line ends
  std::size_t damaged = 0;      ///< number of a line, from 1, that is no entry though others follow; 0 = none
};

Content content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Content content;
  for (std::size_t end; (end = text.find('\n', content.whole_bytes)) != std::string::npos;
       content.whole_bytes = end + 1) {
    const auto at = [&](std::size_t offset) { return text.begin() + static_cast<std::ptrdiff_t>(offset); };
    Json entry = Json::parse(at(content.whole_bytes), at(end), nullptr, false);
    if (!entry.is_object()) {
      // The last line may be torn by a crash of the machine, its line end included.
      if (end + 1 < text.size()) content.damaged = content.entries.size() + 1;
      break;
    }
    content.entries.push_back(std::move(entry));
  }
  return content;
}

}  // namespace

Journal::Journal(std::filesystem::path path, bool make)
    : path_(std::move(path)), fd_(posix::open_append_only(path_, make)) {
  if (!fd_) throw JournalRefused("another run is writing to " + path_.string());
}

Journal::Journal(std::filesystem::path path) : Journal(std::move(path), true) {
  posix::cut(fd_, 0);
}

Journal Journal::take_up(const std::filesystem::path& path) {
  Journal journal(path, false);
  Content content = content_of(path);
  if (content.damaged > 0)
    throw JournalRefused(path.string() + " is damaged in line " + std::to_string(content.damaged));
  posix::cut(journal.fd_, content.whole_bytes);
  journal.entries_ = std::move(content.entries);
  return journal;
}

void Journal::append(const Json& entry) {
  posix::append(fd_, entry.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::vector<Json> Journal::read(const std::filesystem::path& path) {
  return content_of(path).entries;
}

void Journal::move(const std::filesystem::path& path, const std::filesystem::path& to) {
  const Journal journal(path, false);
  std::filesystem::rename(path, to);
}

}  // namespace shmoo::results
