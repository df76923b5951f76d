// namespace: attributes by name, few, kept in the order of their names.
#include <map>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Namespace final : public ObjectOf<Namespace> {
 public:
  static constexpr std::string_view name = "namespace";
  static const std::array<Exposed<Namespace>, 6> exposed;

  void fill(Encoded dict) {
    Walk pairs(dict, Tag::dict, "the attributes of a namespace");
    keep(dict);
    while (pairs.left() > 0) {
      const auto [key, value] = pairs.next_pair();
      store(key, value);
    }
  }

 private:
  using Attributes = std::map<std::string, std::string, std::less<>>;

  static std::string_view name_of_attribute(const Call& call) {
    return text_of(call.arguments[0], "the name of an attribute");
  }
  Attributes::iterator find(const Call& call) {
    const std::string_view wanted = name_of_attribute(call);
    const auto found = attributes_.find(wanted);
    if (found == attributes_.end()) throw AttributeError("the namespace has no attribute " + shown(wanted));
    return found;
  }
  void store(std::string_view key, Encoded value) {
    if (const auto found = attributes_.find(key); found != attributes_.end()) {
      part_with(found->second);
      found->second.assign(value);
    } else {
      attributes_.emplace(key, value);
    }
  }

  void getattr(const Call& call) { call.give(Raw{find(call)->second}); }
  void setattr(const Call& call) {
    const std::string_view key = name_of_attribute(call);
    keep(call, call.arguments[1]);
    store(key, call.arguments[1]);
    call.give(nullptr);
  }
  void delattr(const Call& call) {
    const auto found = find(call);
    part_with(found->second);
    attributes_.erase(found);
    call.give(nullptr);
  }
  void contains(const Call& call) { call.give(attributes_.contains(name_of_attribute(call))); }
  void dir(const Call& call) {
    put_list(call.reply.value(), attributes_.size());
    for (const auto& [key, value] : attributes_) call.give(std::string_view(key));
  }
  void copy(const Call& call) {
    put_dict(call.reply.value(), attributes_.size());
    for (const auto& [key, value] : attributes_) {
      call.give(std::string_view(key));
      call.give(Raw{value});
    }
  }

  Attributes attributes_;
};

const std::array<Exposed<Namespace>, 6> Namespace::exposed{{
    {Method::getattr, 1, 1, &Namespace::getattr},
    {Method::setattr, 2, 2, &Namespace::setattr},
    {Method::delattr, 1, 1, &Namespace::delattr},
    {Method::contains, 1, 1, &Namespace::contains},
    {Method::dir, 0, 0, &Namespace::dir},
    {Method::copy, 0, 0, &Namespace::copy},
}};

}  // namespace

std::unique_ptr<Object> make_namespace(Arguments arguments) {
  check_creation(arguments, Namespace::name, 0, 1);
  auto space = std::make_unique<Namespace>();
  if (!arguments.empty()) space->fill(arguments[0]);
  return space;
}

}  // namespace shmoo::manager
