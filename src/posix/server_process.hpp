// What a process does to become a server that was forked from somebody else's program: it keeps nothing of
// that program but what it was given, and it ends when told or when its creator is gone.
#pragma once
#include <sys/types.h>

#include <span>

#include "posix/fd.hpp"

namespace shmoo::posix {

/// A descriptor that is readable once the process `pid` has ended. Errors: ESRCH (it is gone already), EINVAL
/// (not a pid).
Fd watch_process(pid_t pid);
/// The same for the calling process: for a child to inherit, so that no other process can be meant.
Fd watch_self();

/// This process's id, and the user it acts as.
pid_t own_pid();
uid_t own_user();

/// In a fresh child: stops the kernel from killing it when the thread that forked it ends (posix::Child asks
/// for that). For a process that watches its creator itself and has to clean up when it dies.
void survive_parent_thread();

/// In a fresh child: every signal gets its default action and is let through, but SIGINT, SIGHUP and SIGPIPE
/// are ignored (a terminal sends them to the whole group: the creator decides) and SIGTERM is kept for the
/// returned descriptor, which is readable once it came.
Fd take_server_signals();

/// In a fresh child: closes all descriptors but the standard ones and `kept`; standard input and output lead
/// nowhere, since a pipe to somebody else must not stay open as long as the server lives.
void keep_only(std::span<const int> kept);

/// Allows as many descriptors as the system lets this process have.
void allow_many_files();

}  // namespace shmoo::posix
