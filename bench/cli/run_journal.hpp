// How `shmoo run` comes by its journal: a new one, or that of a run which was killed or interrupted.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "results/document.hpp"
#include "results/journal.hpp"

namespace shmoo::cli {

/// Begins the journal at `path` with the document's context and skipped cells and the `cells` to measure. The
/// samples of an unfinished run that are there are moved out of the way, and the user is told. Throws
/// UsageError while another run writes there.
results::Journal begin_journal(const std::filesystem::path& path, const results::Document& document,
                               const std::vector<std::string>& cells);

/// Takes up the journal at `path`. `document` has what this run would begin with, and gets context and
/// skipped cells of the run that goes on; so does `cells`. `seed`: whether the user asked for one by number.
/// Throws UsageError when there is none, or none that this run may go on with; then it stays as it is, but
/// for half a last line.
results::Journal take_up_journal(const std::filesystem::path& path, results::Document& document,
                                 std::vector<std::string>& cells, bool seed);

}  // namespace shmoo::cli
