#include "share/manager/frames.hpp"

#include <cstring>

namespace shmoo::manager {
namespace {

RequestHeader header_of(const Buffer& in) {
  RequestHeader header;
  std::memcpy(&header, in.data(), sizeof header);
  return header;
}

}  // namespace

Frame next_frame(const Buffer& in, Request& request, std::string& reason) {
  const auto bad = [&](std::string why) {
    reason = std::move(why);
    return Frame::bad;
  };
  if (in.size() < sizeof(RequestHeader)) return Frame::part;
  const RequestHeader header = request.header = header_of(in);
  if (header.magic != kRequestMagic) return bad("this is no request of this version");
  if (header.flags > kOneWay) return bad("a request with unknown flags");
  if (header.arguments > kMaxArguments) return bad("a request with too many arguments");
  if (header.bytes > kMaxBody)
    return bad("a request of " + std::to_string(header.bytes) + " bytes is too long");
  if (in.size() < request.bytes()) return Frame::part;

  request.refers = false;
  std::string_view rest(in.data() + sizeof header, header.bytes);
  for (std::size_t i = 0; i < header.arguments; ++i) {
    const std::size_t bytes = measure(rest, kMaxDepth, &request.refers);
    if (bytes == 0) return bad("a request with a malformed or too deep value");
    request.arguments[i] = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  if (!rest.empty()) return bad("a request with bytes left over");
  return Frame::whole;
}

std::size_t missing_bytes(const Buffer& in) {
  if (in.size() < sizeof(RequestHeader)) return 0;
  const std::size_t whole = sizeof(RequestHeader) + header_of(in).bytes;
  return whole > in.size() ? whole - in.size() : 0;
}

bool has_frame(const Buffer& in) {
  return in.size() >= sizeof(RequestHeader) && missing_bytes(in) == 0;
}

}  // namespace shmoo::manager
