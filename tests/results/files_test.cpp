#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "posix/atomic_file.hpp"
#include "results/document.hpp"
#include "results/journal.hpp"

namespace shmoo::results {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string name = (fs::temp_directory_path() / "shmoo-test.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() override { fs::remove_all(folder_); }
  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(Files, a_write_replaces_the_whole_file_and_leaves_no_other) {
  const fs::path path = folder_ / "a.json";
  posix::write_atomically(path, "old and longer");
  posix::write_atomically(path, "new");
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, a_write_that_cannot_be_done_names_the_file_and_leaves_nothing) {
  const fs::path path = folder_ / "missing" / "a.json";
  try {
    posix::write_atomically(path, "x");
    FAIL() << "there is no such folder";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(path.string()));
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, a_folder_is_not_a_place_for_a_file) {
  EXPECT_THROW(posix::check_writable(folder_), std::system_error);
}

TEST_F(Files, asking_whether_a_file_can_be_written_changes_nothing) {
  posix::write_atomically(folder_ / "a.json", "kept");
  posix::check_writable(folder_ / "a.json");
  EXPECT_EQ(content(folder_ / "a.json"), "kept");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, a_document_reads_back_as_it_was_written) {
  Document document;
  document.context["date"] = "now";
  document.benchmarks.push_back({{"name", "a"}});
  document.skipped.push_back({{"name", "b"}, {"reason", "too long"}});
  write(folder_ / "r.json", document);
  EXPECT_EQ(Json::parse(content(folder_ / "r.json")), document.to_json());
  EXPECT_EQ(document.to_json()["schema"], kSchema);
}

TEST_F(Files, text_that_is_no_utf8_is_replaced_not_thrown_about) {
  Document document;
  document.failures.push_back({{"reason", "bad \xff byte"}});
  EXPECT_NO_THROW(write(folder_ / "r.json", document));
  EXPECT_FALSE(Json::parse(content(folder_ / "r.json"), nullptr, false).is_discarded());
}

TEST_F(Files, a_journal_gives_back_its_entries) {
  Journal journal(folder_ / "j");
  journal.append({{"n", 1}});
  journal.append({{"n", 2}});
  const auto entries = Journal::read(folder_ / "j");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1]["n"], 2);
}

TEST_F(Files, a_journal_whose_last_line_was_cut_gives_the_lines_before) {
  Journal journal(folder_ / "j");
  journal.append({{"n", 1}});
  std::ofstream(folder_ / "j", std::ios::app) << R"({"n": 2, "te)";
  EXPECT_EQ(Journal::read(folder_ / "j").size(), 1u);
}

TEST_F(Files, a_journal_that_is_taken_up_goes_on_behind_its_last_whole_line) {
  const fs::path path = folder_ / "j";
  {
    Journal journal(path);
    journal.append({{"n", 1}});
  }
  for (const std::string& torn : {std::string(R"({"n": 2, "te)"), std::string(R"({"n": 2})"),
                                  std::string(3, '\0'), std::string("{\n")}) {
    std::ofstream(path, std::ios::app) << torn;
    Journal journal = Journal::take_up(path);
    ASSERT_EQ(journal.entries().size(), 1u) << torn;
    EXPECT_EQ(content(path), "{\"n\":1}\n") << torn;
  }
  Journal::take_up(path).append({{"n", 2}});
  EXPECT_EQ(content(path), "{\"n\":1}\n{\"n\":2}\n");
}

TEST_F(Files, a_journal_that_is_damaged_in_the_middle_is_refused_and_not_touched) {
  const std::string text = "{\"n\":1}\n{\"n\":\n{\"n\":3}\n";
  std::ofstream(folder_ / "j") << text;
  try {
    Journal::take_up(folder_ / "j");
    FAIL() << "its second line is no entry";
  } catch (const JournalRefused& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("line 2"));
  }
  EXPECT_EQ(content(folder_ / "j"), text);
}

TEST_F(Files, there_is_nothing_to_take_up_where_no_journal_is) {
  EXPECT_THROW(Journal::take_up(folder_ / "j"), std::system_error);
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, a_journal_belongs_to_one_writer) {
  Journal journal(folder_ / "j");
  journal.append({{"n", 1}});
  EXPECT_THROW(Journal(folder_ / "j"), JournalRefused);
  EXPECT_THROW(Journal::take_up(folder_ / "j"), JournalRefused);
  EXPECT_THROW(Journal::move(folder_ / "j", folder_ / "k"), JournalRefused);
  EXPECT_EQ(Journal::read(folder_ / "j").size(), 1u);
}

TEST_F(Files, a_journal_begins_empty_over_what_was_there) {
  std::ofstream(folder_ / "j") << "{\"n\":1}\n";
  const Journal journal(folder_ / "j");
  EXPECT_EQ(content(folder_ / "j"), "");
}

TEST_F(Files, a_journal_that_is_moved_away_keeps_its_entries) {
  std::ofstream(folder_ / "j") << "{\"n\":1}\n";
  Journal::move(folder_ / "j", folder_ / "k");
  EXPECT_EQ(Journal::read(folder_ / "k").size(), 1u);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, a_removed_journal_is_gone) {
  Journal journal(folder_ / "j");
  journal.remove();
  EXPECT_EQ(entries(), 0u);
}

}  // namespace
}  // namespace shmoo::results
