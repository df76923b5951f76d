// Values as callers see them: nlohmann's json, whose binary type is bytes, and whose leaves may be proxies
// too.
//
// A proxy becomes a leaf wherever it is put (`json{{"rows", list}, {"n", 3}}`), and as<List>(value) or
// value.get<List>() makes a proxy of a leaf again. A leaf owns its reference as a proxy does: copies share
// it, and the object lives at least as long. In every other respect a leaf is binary content (the object's
// id), so that two leaves are equal when they refer to the same object. Any thread may use a value that it
// has to itself.
#pragma once
#include <nlohmann/json.hpp>

#include "share/manager/client.hpp"

namespace shmoo::manager {

/// Bytes, or a reference to an object.
class Blob : public std::vector<std::uint8_t> {
 public:
  using vector::vector;
  Blob(std::vector<std::uint8_t> bytes) : vector(std::move(bytes)) {}
  explicit Blob(Reference reference);
  /// Null for bytes.
  const Reference& reference() const { return reference_; }

 private:
  Reference reference_;
};

using json = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t, std::uint64_t,
                                  double, std::allocator, nlohmann::adl_serializer, Blob>;

/// A leaf that refers to an object.
json leaf_of(const Reference& reference);
/// Whether `value` itself is such a leaf.
bool is_reference(const json& value);
/// The reference of a leaf, after a look at the type of its object. Throws TypeError when it is another, or
/// `value` no such leaf.
Reference reference_of(const json& value, Type type);
/// Throws TypeError unless `reference` is to an object of this type.
void check_type(const Reference& reference, Type type);

/// Throws ValueError when lists are nested deeper than kMaxDepth.
void put_json(Buffer& out, const json& value, int depth = kMaxDepth);

/// As put() of codec.hpp. Takes json alone, not what converts to it.
template <std::same_as<json> Json>
void put(Buffer& out, const Json& value) {
  put_json(out, value);
}
void before_put(const json& value, int depth = kMaxDepth);

/// Takes values that measure() has accepted, and takes over the references in them: the server at `place` has
/// counted one for each.
json to_json(Encoded value, const std::shared_ptr<Place>& place);

}  // namespace shmoo::manager

/// Bytes stay bytes when values pass between this kind of json and nlohmann::json. There, a reference is its
/// object's id, and keeps nothing alive.
template <>
struct nlohmann::adl_serializer<nlohmann::json::binary_t> {
  template <class Json>
  static void to_json(Json& to, const nlohmann::json::binary_t& bytes) {
    to = Json::binary({bytes.begin(), bytes.end()});
  }
};
template <>
struct nlohmann::adl_serializer<shmoo::manager::json::binary_t> {
  template <class Json>
  static void to_json(Json& to, const shmoo::manager::json::binary_t& bytes) {
    to = Json::binary({bytes.begin(), bytes.end()});
  }
};
