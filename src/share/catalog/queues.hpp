// THE list for contract Queue, in display order.
#pragma once
#include <tuple>

#include "share/queue/boost_mq.hpp"
#include "share/queue/feeder.hpp"
#include "share/queue/locked_ring.hpp"
#include "share/queue/manager.hpp"
#include "share/queue/mpmc_ring.hpp"
#include "share/queue/pipe.hpp"
#include "share/queue/posix_mq.hpp"
#include "share/queue/seqpacket.hpp"
#include "share/queue/socket_stream.hpp"
#include "share/queue/spsc_ring.hpp"

namespace shmoo::catalog {
using Queues = std::tuple<queue::Pipe, queue::Feeder, queue::SocketStream, queue::Seqpacket, queue::PosixMq,
                          queue::BoostMq, queue::LockedRing, queue::SpscRing, queue::MpmcRing, queue::Manager,
                          queue::ManagerShm, queue::ManagerTcp>;
}  // namespace shmoo::catalog
