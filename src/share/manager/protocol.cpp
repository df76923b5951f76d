#include "share/manager/protocol.hpp"

namespace shmoo::manager {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::create:
      return "create";
    case Method::attach:
      return "attach";
    case Method::release:
      return "release";
    case Method::echo:
      return "echo";
    case Method::shutdown:
      return "shutdown";
    case Method::objects:
      return "objects";
    case Method::lines:
      return "lines";
    case Method::getitem:
      return "getitem";
    case Method::setitem:
      return "setitem";
    case Method::delitem:
      return "delitem";
    case Method::contains:
      return "contains";
    case Method::len:
      return "len";
    case Method::keys:
      return "keys";
    case Method::values:
      return "values";
    case Method::items:
      return "items";
    case Method::get:
      return "get";
    case Method::set:
      return "set";
    case Method::update:
      return "update";
    case Method::pop:
      return "pop";
    case Method::setdefault:
      return "setdefault";
    case Method::clear:
      return "clear";
    case Method::copy:
      return "copy";
    case Method::getslice:
      return "getslice";
    case Method::setslice:
      return "setslice";
    case Method::delslice:
      return "delslice";
    case Method::append:
      return "append";
    case Method::extend:
      return "extend";
    case Method::insert:
      return "insert";
    case Method::remove:
      return "remove";
    case Method::reverse:
      return "reverse";
    case Method::count:
      return "count";
    case Method::index:
      return "index";
    case Method::add:
      return "add";
    case Method::swap:
      return "swap";
    case Method::put:
      return "put";
    case Method::close:
      return "close";
    case Method::acquire:
      return "acquire";
    case Method::release_lock:
      return "release";
    case Method::sort:
      return "sort";
    case Method::repeat:
      return "repeat";
    case Method::popitem:
      return "popitem";
    case Method::empty:
      return "empty";
    case Method::full:
      return "full";
    case Method::getattr:
      return "getattr";
    case Method::setattr:
      return "setattr";
    case Method::delattr:
      return "delattr";
    case Method::dir:
      return "dir";
    case Method::limit:
      break;
  }
  return "";
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::dict:
      return "dict";
    case Type::list:
      return "list";
    case Type::value:
      return "value";
    case Type::array:
      return "array";
    case Type::queue:
      return "queue";
    case Type::lock:
      return "lock";
    case Type::space:
      return "namespace";
  }
  return "object";
}

}  // namespace shmoo::manager
