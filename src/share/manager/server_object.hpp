// The server as an object of its own, number 0: it makes objects, counts references and ends itself.
#pragma once
#include <sys/types.h>

#include <memory>

#include "share/manager/registry.hpp"

namespace shmoo::manager {

/// `end` is called when the process `creator` asks the server to end.
std::unique_ptr<Object> make_server_object(Registry& registry, pid_t creator, std::function<void()> end);

}  // namespace shmoo::manager
