// Requests as they stand in the bytes that a client sent.
#pragma once
#include <array>
#include <span>
#include <string>

#include "share/manager/buffer.hpp"
#include "share/manager/codec.hpp"
#include "share/manager/protocol.hpp"

namespace shmoo::manager {

/// A request whose values still stand in the buffer that it was found in.
struct Request {
  RequestHeader header;
  std::array<Encoded, kMaxArguments> arguments;
  bool refers = false;  ///< whether there are references in the values

  std::span<const Encoded> values() const { return {arguments.data(), header.arguments}; }
  std::size_t bytes() const { return sizeof header + header.bytes; }
};

enum class Frame {
  part,  ///< more has to come
  whole,
  bad,  ///< this is no request, and nobody can tell where the next one would start
};

/// Looks at the front of `in`, which stays as it is. Bytes of a frame that is not whole yet are looked at as
/// far as they tell that it is bad.
/// @param reason why it is bad
Frame next_frame(const Buffer& in, Request& request, std::string& reason);

/// How many bytes of the frame at the front of `in` are still to come; 0 when it is whole or its header is
/// not there yet.
std::size_t missing_bytes(const Buffer& in);
/// Whether next_frame() would find more than a part.
bool has_frame(const Buffer& in);

}  // namespace shmoo::manager
