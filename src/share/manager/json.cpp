#include "share/manager/json.hpp"

namespace shmoo::manager {
namespace {

std::string_view content_of(const json::binary_t& binary) {
  return {reinterpret_cast<const char*>(binary.data()), binary.size()};
}

json binary_of(std::string_view content) {
  return json::binary(std::vector<std::uint8_t>(content.begin(), content.end()));
}

}  // namespace

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

json to_json(Encoded value) {
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
    case Tag::bytes:
      return binary_of(bytes_of(value, "bytes"));
    case Tag::list: {
      json list = json::array();
      for (Walk walk(value, Tag::list, "a list"); walk.left() > 0;) list.push_back(to_json(walk.next()));
      return list;
    }
    case Tag::dict: {
      json dict = json::object();
      for (Walk walk(value, Tag::dict, "a dict"); walk.left() > 0;) {
        const auto [key, item] = walk.next_pair();
        dict[std::string(key)] = to_json(item);
      }
      return dict;
    }
  }
  return nullptr;
}

}  // namespace shmoo::manager
