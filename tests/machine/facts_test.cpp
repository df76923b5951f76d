#include "machine/facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/fake_root.hpp"
#include "machine/files.hpp"

namespace shmoo::machine {
namespace {

using testing::ElementsAre;

/// Every path of a JSON object down to what is no object, for comparing shapes.
void leaves(const Json& json, const std::string& path, std::vector<std::string>& all) {
  if (!json.is_object()) return all.push_back(path);
  for (const auto& [key, value] : json.items()) leaves(value, path + '/' + key, all);
}

Json identity_of(const FakeRoot& root) {
  return file_facts(root.path())["identity"];
}
Json state_of(const FakeRoot& root) {
  return file_facts(root.path())["state"];
}

TEST(MachineFacts, an_empty_root_gives_null_for_everything) {
  const FakeRoot root;
  const Json facts = file_facts(root.path());
  std::vector<std::string> all;
  leaves(facts, "", all);
  EXPECT_GT(all.size(), 40U);
  for (const std::string& path : all) EXPECT_TRUE(facts.at(Json::json_pointer(path)).is_null()) << path;
}

TEST(MachineFacts, a_root_that_does_not_exist_is_an_empty_one) {
  EXPECT_EQ(file_facts("/nonexistent"), file_facts(FakeRoot().path()));
}

TEST(MachineFacts, garbage_in_every_file_is_survived) {
  FakeRoot root;
  for (const char* file :
       {"/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/self/cgroup",
        "/proc/sys/fs/mqueue/msg_max", "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/devices/system/cpu/isolated", "/sys/fs/cgroup/cpu.max", "/sys/devices/system/cpu/smt/active",
        "/sys/class/power_supply/AC/type"})
    for (const std::string text : {"", "\n", ":", "]x[", "cpu", "-", "9999999999999999999999",
                                   "0-999999999999", "\xff\xfe::\n:", "a:b:c:d\n0::\n1:cpu:relative"}) {
      root.put(file, text);
      EXPECT_TRUE(file_facts(root.path()).is_object());
    }
}

TEST(MachineFacts, the_identity_holds_nothing_measured) {
  FakeRoot root;
  const auto cpuinfo = [](const char* mhz) {
    return "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7B13\ncpu MHz\t\t: " + std::string(mhz) +
           "\nbogomips\t: " + mhz + "\n";
  };
  const Json one = identity_of(root.put("/proc/cpuinfo", cpuinfo("2445.428")));
  const Json two = identity_of(root.put("/proc/cpuinfo", cpuinfo("3100.000")));
  EXPECT_EQ(one, two);
  EXPECT_EQ(one["cpu_model"], "AMD EPYC 7B13");
}

TEST(MachineFacts, an_arm_cpu_is_named_by_its_numbers) {
  FakeRoot root;
  root.put("/proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n");
  EXPECT_EQ(identity_of(root)["cpu_model"], "CPU implementer 0x41 part 0xd0c");
}

TEST(MachineFacts, the_chosen_one_of_several_is_in_brackets) {
  FakeRoot root;
  root.put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  root.put("/sys/kernel/mm/transparent_hugepage/shmem_enabled",
           "always within_size advise [never] deny force\n");
  EXPECT_EQ(identity_of(root)["thp"], "madvise");
  EXPECT_EQ(identity_of(root)["shmem_thp"], "never");
}

TEST(MachineFacts, governors_that_differ_are_mixed) {
  FakeRoot root;
  root.put("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "performance\n");
  EXPECT_EQ(identity_of(root)["governor"], "performance");
  root.put("/sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "powersave\n");
  EXPECT_EQ(identity_of(root)["governor"], "mixed");
}

TEST(MachineFacts, turbo_is_read_from_either_driver) {
  FakeRoot intel;
  intel.put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  EXPECT_EQ(identity_of(intel)["turbo"], false);
  FakeRoot amd;
  amd.put("/sys/devices/system/cpu/cpufreq/boost", "1\n");
  EXPECT_EQ(identity_of(amd)["turbo"], true);
}

TEST(MachineFacts, limits_of_a_version_2_group_are_the_least_on_the_way_up) {
  FakeRoot root;
  root.put("/proc/self/cgroup", "0::/a/b\n");
  root.put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n").put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  root.put("/sys/fs/cgroup/a/memory.max", "max\n").put("/sys/fs/cgroup/a/b/memory.max", "1073741824\n");
  root.put("/sys/fs/cgroup/a/b/pids.max", "100\n");
  const Json group = identity_of(root)["cgroup"];
  EXPECT_EQ(group["cpus"], 1.5);
  EXPECT_EQ(group["memory_bytes"], 1073741824);
  EXPECT_EQ(group["processes"], 100);
}

TEST(MachineFacts, limits_of_a_version_1_group_are_found_by_controller) {
  FakeRoot root;
  root.put("/proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n");
  root.put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "50000\n");
  root.put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  root.put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  const Json group = identity_of(root)["cgroup"];
  EXPECT_EQ(group["cpus"], 0.5);
  EXPECT_TRUE(group["memory_bytes"].is_null());
}

TEST(MachineFacts, a_container_shows_its_limits_at_the_mount_point) {
  FakeRoot root;
  root.put("/proc/self/cgroup", "0::/\n").put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(identity_of(root)["cgroup"]["cpus"], 2);
}

TEST(MachineFacts, the_state_counts_ticks_load_and_swap) {
  FakeRoot root;
  root.put("/proc/stat", "cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n");
  root.put("/proc/loadavg", "1.25 0.50 0.10 2/100 4242\n");
  root.put("/proc/meminfo",
           "MemTotal: 2048 kB\nMemAvailable: 1024 kB\nSwapTotal: 512 kB\nSwapFree: 500 kB\n");
  const Json state = state_of(root);
  EXPECT_EQ(state["cpu_ticks"]["total"], 1000);
  EXPECT_EQ(state["cpu_ticks"]["steal"], 35);
  EXPECT_EQ(state["load_1m"], 1.25);
  EXPECT_EQ(state["memory_available_bytes"], 1024 * 1024);
  EXPECT_EQ(state["swap_used_bytes"], 12 * 1024);
}

TEST(MachineFacts, mains_power_counts_and_usb_chargers_do_not) {
  FakeRoot root;
  root.put("/sys/class/power_supply/AC/type", "Mains\n").put("/sys/class/power_supply/AC/online", "0\n");
  root.put("/sys/class/power_supply/USB/type", "USB\n").put("/sys/class/power_supply/USB/online", "1\n");
  EXPECT_EQ(state_of(root)["on_battery"], true);
}

TEST(MachineFacts, a_synthetic_topology_is_counted) {
  const Json found = topology("pack:2 l3:1(size=33554432) core:4 l2:1 l1d:1 pu:2");
  EXPECT_EQ(found["packages"], 2);
  EXPECT_EQ(found["cores"], 8);
  EXPECT_EQ(found["pus"], 16);
  EXPECT_EQ(found["threads_per_core"], 2);
  const Json& last = found["caches"].back();
  EXPECT_EQ(last["level"], 3);
  EXPECT_EQ(last["bytes"], 33554432);
  EXPECT_EQ(last["count"], 2);
  EXPECT_EQ(last["pus"], 8);
}

TEST(MachineFacts, a_topology_that_cannot_be_loaded_is_null) {
  const Json found = topology("no such thing");
  for (const auto& [key, value] : found.items()) EXPECT_TRUE(value.is_null()) << key;
}

TEST(MachineFacts, this_machine_has_the_same_keys_as_any_other) {
  const Json here = facts();
  const Json nowhere = file_facts("/nonexistent");
  for (const char* part : {"identity", "state"})
    for (const auto& [key, value] : nowhere[part].items()) EXPECT_TRUE(here[part].contains(key)) << key;
  EXPECT_EQ(here["identity"].size(), nowhere["identity"].size());
  EXPECT_FALSE(here["identity"]["allowed_cpus"].empty());
  EXPECT_TRUE(here["identity"]["kernel"].is_string());
}

TEST(MachineFacts, two_looks_at_this_machine_agree_on_its_identity) {
  EXPECT_EQ(facts()["identity"], facts()["identity"]);
}

TEST(MachineLabel, is_a_folder_name_without_the_vendors_decoration) {
  Json identity = file_facts("/nonexistent")["identity"];
  EXPECT_EQ(label(identity), "cpu");
  identity["cpu_model"] = "Intel(R) Xeon(R) CPU @ 2.20GHz";
  identity["pus"] = 2;
  identity["hypervisor"] = "kvm";
  EXPECT_EQ(label(identity), "intel-xeon-2cpu-kvm");
  identity["cpu_model"] = "AMD Ryzen 7 5800X 8-Core Processor";
  identity["hypervisor"] = "none";
  identity["pus"] = 16;
  EXPECT_EQ(label(identity), "amd-ryzen-7-5800x-8-core-16cpu");
}

TEST(MachineSummary, says_what_it_knows_and_no_more) {
  Json identity = file_facts("/nonexistent")["identity"];
  EXPECT_EQ(summary(identity), "unknown CPU");
  identity["cpu_model"] = "AMD EPYC";
  identity["cores"] = 1;
  identity["pus"] = 2;
  identity["hypervisor"] = "kvm";
  identity["kernel"] = "6.1.0";
  EXPECT_EQ(summary(identity), "AMD EPYC, 1 core, 2 CPUs, kvm guest, Linux 6.1.0");
}

TEST(CpuList, reads_ranges_and_skips_what_is_none) {
  EXPECT_THAT(cpu_list("0-2,5"), ElementsAre(0, 1, 2, 5));
  EXPECT_THAT(cpu_list("3-1,x,-4,7\n"), ElementsAre(7));
  EXPECT_THAT(cpu_list("0-99999999999"), ElementsAre());
}

}  // namespace
}  // namespace shmoo::machine
