#include "harness/resume.hpp"

#include <stdexcept>
#include <string_view>

namespace shmoo::bench {
namespace {

using results::Json;

std::string text_of(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return "'" + value.get<std::string>() + "'";
  return value.dump();
}

/// The first value in which two objects differ, as "a.b is 2, was 1"; "" = none.
std::string first_difference(const Json& before, const Json& now, const std::string& path = "") {
  if (before == now) return "";
  if (before.is_object() && now.is_object()) {
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + '.' + key; };
    for (const auto& [key, value] : now.items()) {
      const Json was = before.contains(key) ? before[key] : Json();
      if (auto found = first_difference(was, value, below(key)); !found.empty()) return found;
    }
    for (const auto& [key, value] : before.items())
      if (!now.contains(key) && !value.is_null()) return below(key) + " is none, was " + text_of(value);
    return "";  // null here, absent there
  }
  return path + " is " + text_of(now) + ", was " + text_of(before);
}

/// The options that a run was made with: what stands in context.run, less what the run itself found out.
Json settings_of(const Json& context, bool seed) {
  Json settings = context.at("run");
  for (const char* result : {"complete", "seconds", "resumed", "spin_ns"}) settings.erase(result);
  if (!seed) settings.erase("seed");
  if (settings.contains("budget_s")) settings["budget_s"] = settings["budget_s"].is_null() ? "none" : "some";
  return settings;
}

/// The option that a key of context.run came from.
std::string option_of(std::string_view key) {
  if (key.starts_with("axes.")) key.remove_prefix(5);
  if (key.ends_with("_s")) key.remove_suffix(2);
  return "--" + std::string(key);
}

}  // namespace

Unfinished unfinished_of(const std::vector<Json>& entries) {
  if (entries.size() < 2 || !entries[0].contains("context") || !entries[1].contains("plan"))
    throw std::invalid_argument("it holds no run that can be gone on with");
  Unfinished run;
  run.context = entries[0]["context"];
  run.cells = entries[1]["plan"].at("cells").get<std::vector<std::string>>();
  for (const Json& skipped : entries[1]["plan"].at("skipped")) run.skipped.push_back(skipped);
  for (const Json& entry : entries)
    if (entry.contains("resumed")) run.resumed.push_back(entry["resumed"].at("date"));
  return run;
}

std::string why_another(const Json& before, const Json& now, bool seed) {
  // As it would stand in a journal: texts that are no UTF-8 are changed there.
  const Json here = Json::parse(now.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (auto found = first_difference(before.at("machine").at("identity"), here.at("machine").at("identity"));
      !found.empty())
    return "it was begun on another machine: " + found;
  if (auto found = first_difference(before.at("build"), here.at("build")); !found.empty())
    return "it was begun by another build: " + found;
  const std::string found = first_difference(settings_of(before, seed), settings_of(here, seed));
  return found.empty() ? ""
                       : "it was begun with other settings: " + option_of(found.substr(0, found.find(' '))) +
                             found.substr(found.find(' '));
}

}  // namespace shmoo::bench
