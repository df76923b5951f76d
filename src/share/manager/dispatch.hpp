// One call of one object, with the references that come in with its arguments and go out with its reply.
#pragma once
#include "share/manager/frames.hpp"
#include "share/manager/registry.hpp"

namespace shmoo::manager {

/// Calls `object`, null when there is none, whose turn is held. Whatever goes wrong becomes the reply, which
/// is left to be finished. Registry::tidy() must follow.
void call_object(Registry& registry, Object* object, const Request& request, Reply& reply, Connection& caller,
                 Host& host);

/// The value of a reply, when it has one, goes to `owner`, with the references in it. Before finish().
void grant_reply(Registry& registry, Reply& reply, Holdings& owner);

}  // namespace shmoo::manager
