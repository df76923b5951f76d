#include "share/manager/json.hpp"

namespace shmoo::manager {
namespace {

std::string_view content_of(const json::binary_t& binary) {
  return {reinterpret_cast<const char*>(binary.data()), binary.size()};
}

/// Tells a leaf from eight bytes that happen to be an id.
constexpr std::uint64_t kReferenceSubtype = static_cast<std::uint64_t>(Tag::reference);

class Decoder {
 public:
  explicit Decoder(const std::shared_ptr<Place>& place) : place_(place) {}

  json operator()(Encoded value) {
    switch (tag_of(value)) {
      case Tag::null:
        return nullptr;
      case Tag::no:
        return false;
      case Tag::yes:
        return true;
      case Tag::integer:
        return number_of<std::int64_t>(value);
      case Tag::natural:
        return number_of<std::uint64_t>(value);
      case Tag::real:
        return number_of<double>(value);
      case Tag::text:
        return std::string(text_of(value, "a text"));
      case Tag::bytes: {
        const std::string_view content = bytes_of(value, "bytes");
        return json::binary(Blob(content.begin(), content.end()));
      }
      case Tag::list: {
        json list = json::array();
        for (Walk walk(value, Tag::list, "a list"); walk.left() > 0;) list.push_back((*this)(walk.next()));
        return list;
      }
      case Tag::dict: {
        json dict = json::object();
        for (Walk walk(value, Tag::dict, "a dict"); walk.left() > 0;) {
          const auto [key, item] = walk.next_pair();
          json& place = dict[std::string(key)];
          replaced_.push_back(std::exchange(place, (*this)(item)));
          if (replaced_.back().is_null()) replaced_.pop_back();
        }
        return dict;
      }
      case Tag::reference:
        return leaf_of(Reference(place_, number_of<ObjectId>(value)));
    }
    return nullptr;
  }

 private:
  const std::shared_ptr<Place>& place_;
  // What a key that stands there twice had before: giving back a reference uses the connection, in whose
  // memory the rest of the value still is.
  std::vector<json> replaced_;
};

}  // namespace

Blob::Blob(Reference reference) : reference_(std::move(reference)) {
  const ObjectId id = reference_.id();
  resize(sizeof id);
  std::memcpy(data(), &id, sizeof id);
}

json leaf_of(const Reference& reference) {
  if (!reference) throw ValueError("a reference to nothing");
  return json::binary(Blob(reference), kReferenceSubtype);
}

bool is_reference(const json& value) {
  return value.is_binary() && value.get_binary().reference();
}

void check_type(const Reference& reference, Type type) {
  if (reference && type_of(reference.id()) != type)
    throw TypeError("object " + std::to_string(reference.id()) + " is a " +
                    std::string(name_of(type_of(reference.id()))) + ", not a " + std::string(name_of(type)));
}

Reference reference_of(const json& value, Type type) {
  if (!is_reference(value))
    throw TypeError("a value of the type " + std::string(value.type_name()) + " is no proxy of a " +
                    std::string(name_of(type)));
  const Reference& reference = value.get_binary().reference();
  check_type(reference, type);
  return reference;
}

void before_put(const json& value, int depth) {
  if (value.is_structured() && depth > 0)  // what is deeper will be refused
    for (const json& item : value) before_put(item, depth - 1);
  else if (is_reference(value))
    value.get_binary().reference().secure();
}

void put_json(Buffer& out, const json& value, int depth) {
  if (value.is_structured() && depth-- == 0)
    throw ValueError("a value is nested more than " + std::to_string(kMaxDepth) + " deep");
  switch (value.type()) {
    case json::value_t::null:
      return put(out, nullptr);
    case json::value_t::boolean:
      return put(out, value.get<bool>());
    case json::value_t::number_integer:
      return put(out, value.get<std::int64_t>());
    case json::value_t::number_unsigned:
      return put(out, value.get<std::uint64_t>());
    case json::value_t::number_float:
      return put(out, value.get<double>());
    case json::value_t::string:
      return put(out, std::string_view(value.get_ref<const std::string&>()));
    case json::value_t::binary:
      if (is_reference(value)) return put(out, value.get_binary().reference());
      return put(out, Bytes{content_of(value.get_binary())});
    case json::value_t::array:
      put_list(out, value.size());
      for (const json& item : value) put_json(out, item, depth);
      return;
    case json::value_t::object:
      put_dict(out, value.size());
      for (const auto& [key, item] : value.items()) {
        put(out, std::string_view(key));
        put_json(out, item, depth);
      }
      return;
    case json::value_t::discarded:
      throw ValueError("a discarded json value");
  }
}

json to_json(Encoded value, const std::shared_ptr<Place>& place) {
  return Decoder(place)(value);
}

}  // namespace shmoo::manager
