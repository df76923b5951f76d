// THE catalog: which mechanisms exist for which contract. Conformance tests, workloads, `shmoo list`, results
// and charts follow from these lists; one file each, so that a workload compiles only the contract it drives.
#pragma once
#include "share/catalog/arrays.hpp"
#include "share/catalog/dicts.hpp"
#include "share/catalog/globals.hpp"
#include "share/catalog/queues.hpp"
#include "share/catalog/values.hpp"
