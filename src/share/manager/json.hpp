// Values as callers see them: nlohmann::json, whose binary type is bytes. Conversion to and from the wire.
#pragma once
#include <nlohmann/json.hpp>

#include "share/manager/codec.hpp"

namespace shmoo::manager {

using nlohmann::json;

/// Throws ValueError when lists are nested deeper than kMaxDepth.
void put_json(Buffer& out, const json& value, int depth = kMaxDepth);

/// As put() of codec.hpp. Takes json alone, not what converts to it.
template <std::same_as<json> Json>
void put(Buffer& out, const Json& value) {
  put_json(out, value);
}

/// Takes values that measure() has accepted.
json to_json(Encoded value);

}  // namespace shmoo::manager
