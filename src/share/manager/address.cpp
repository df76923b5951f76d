#include "share/manager/address.hpp"

#include <charconv>
#include <stdexcept>

namespace shmoo::manager {
namespace {

constexpr std::string_view kShm = "shm:";
constexpr std::string_view kTcp = "tcp://";

[[noreturn]] void refuse(std::string_view text, const char* why) {
  throw std::invalid_argument("the address '" + std::string(text) + "' " + why);
}

}  // namespace

HostPort HostPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    refuse(text, "has colons in its host: write [host]:port");
  if (host.empty()) refuse(text, "has no host");
  if (host.find_first_of(std::string_view("[]/ \0", 5)) != std::string_view::npos)
    refuse(text, "has a host that cannot be");
  HostPort found{std::string(host), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.port);
  if (error != std::errc() || end != digits.data() + digits.size())
    refuse(text, "has a port that is no number from 0 to 65535");
  return found;
}

std::string HostPort::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Address Address::parse(std::string_view text) {
  if (text.starts_with(kTcp)) return {Transport::tcp, "", HostPort::parse(text.substr(kTcp.size()))};
  const bool lines = text.starts_with(kShm);
  const std::string_view path = lines ? text.substr(kShm.size()) : text;
  if (path.empty()) refuse(text, "is empty");
  if (!path.starts_with('/') && !path.starts_with('.'))
    refuse(text, "is none of /path, shm:/path and tcp://host:port");
  if (path.find('\0') != std::string_view::npos) refuse(text, "has a path that cannot be");
  return {lines ? Transport::shm : Transport::socket, std::string(path), {}};
}

std::string Address::text() const {
  switch (transport) {
    case Transport::tcp:
      return std::string(kTcp) + place.text();
    case Transport::shm:
      return std::string(kShm) + path;
    case Transport::socket:
      break;
  }
  return path;
}

}  // namespace shmoo::manager
