// Samples are told apart by the round trip of a cache line.
#include <gtest/gtest.h>

#include <random>

#include "harness/classes.hpp"

namespace shmoo::bench {
namespace {

/// `count` round trips around `middle`, 10 % to each side.
std::vector<double> around(double middle, int count) {
  std::mt19937 random(static_cast<unsigned>(middle));
  std::uniform_real_distribution<double> spread(0.9, 1.1);
  std::vector<double> all;
  for (int i = 0; i < count; ++i) all.push_back(middle * spread(random));
  return all;
}

std::vector<double> together(std::initializer_list<std::vector<double>> lists) {
  std::vector<double> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// Names of the classes of these middles under thresholds found from `seen`.
std::string classes(const std::vector<double>& seen, std::initializer_list<double> middles) {
  const Thresholds found = thresholds_of(seen);
  std::string text;
  for (const double ns : middles) text += ns < found.smt ? "smt " : ns < found.same_l3 ? "same_l3 " : "far ";
  return text;
}

TEST(Classes, come_from_three_clusters) {
  EXPECT_EQ(classes(together({around(40, 50), around(110, 30), around(420, 200)}), {40, 110, 420}),
            "smt same_l3 far ");
  // On a machine where all is slower the clusters say so, not what is usual elsewhere.
  EXPECT_EQ(classes(together({around(90, 50), around(280, 50), around(900, 50)}), {90, 280, 900}),
            "smt same_l3 far ");
}

TEST(Classes, come_from_two_clusters) {
  EXPECT_EQ(classes(together({around(50, 50), around(120, 50)}), {50, 120}), "smt same_l3 ");
  EXPECT_EQ(classes(together({around(50, 50), around(450, 50)}), {50, 450}), "smt far ");
  EXPECT_EQ(classes(together({around(130, 50), around(450, 50)}), {130, 450}), "same_l3 far ");
}

TEST(Classes, of_one_cluster_are_one) {
  EXPECT_EQ(classes(around(55, 100), {46, 64}), "smt smt ");
  EXPECT_EQ(classes(around(85, 100), {70, 102}), "smt smt ");
  EXPECT_EQ(classes(around(130, 100), {110, 150}), "same_l3 same_l3 ");
  EXPECT_EQ(classes(around(270, 100), {225, 320}), "far far ");
}

TEST(Classes, are_not_made_by_stragglers) {
  EXPECT_EQ(classes(together({around(50, 300), around(400, 300), {1500, 1600, 1700, 5600, 90'000}}),
                    {50, 400, 1600}),
            "smt far far ");
}

TEST(Classes, are_the_usual_ones_while_little_is_known) {
  EXPECT_EQ(classes({50, 60}, {55, 130, 500}), "smt same_l3 far ");
  EXPECT_EQ(classes({}, {55, 130, 500}), "smt same_l3 far ");
}

std::vector<results::Json> rows() {
  std::vector<results::Json> all;
  for (const double ns : together({around(50, 20), around(400, 20)}))
    all.push_back({{"class", "smt"}, {"line_ns", ns}});
  all.push_back({{"class", nullptr}});
  all.push_back({{"class", "same_cpu"}});
  return all;
}

TEST(Classes, are_given_by_the_probes_where_the_topology_lies) {
  auto all = rows();
  const results::Json told = classify(all, false);
  EXPECT_EQ(told["source"], "probes");
  EXPECT_EQ(told["counts"], results::Json({{"same_cpu", 1}, {"smt", 20}, {"far", 20}}));
  EXPECT_EQ(all[25]["class"], "far");
  EXPECT_TRUE(all[40]["class"].is_null());
}

TEST(Classes, are_the_topologys_where_it_is_believed) {
  auto all = rows();
  const results::Json told = classify(all, true);
  EXPECT_EQ(told["source"], "topology");
  EXPECT_TRUE(told["thresholds"].is_null());
  EXPECT_EQ(told["counts"], results::Json({{"same_cpu", 1}, {"smt", 40}}));
}

}  // namespace
}  // namespace shmoo::bench
