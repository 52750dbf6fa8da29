#include "runtime/config_loader.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "pbx/config/v1/registrar.pb.h"

using namespace pbx;
using Sentences = std::vector<std::string>;

TEST_CASE("A configuration is read in either spelling of its names", "[config]") {
  const auto* const json = GENERATE(
      R"({"process":{"node":"a","admin_listen":"127.0.0.1:1","drain_timeout":"1.5s"},
          "min_expires":"60s","workers":2,"spool_dir":null})",
      R"({"process":{"node":"a","adminListen":"127.0.0.1:1","drainTimeout":"1.5s"},
          "minExpires":"60s","workers":"2"})");
  config::v1::Registrar config;
  CHECK(runtime::parse_config(json, config) == Sentences{});
  CHECK(config.process().node() == "a");
  CHECK(config.process().admin_listen() == "127.0.0.1:1");
  CHECK(config.process().drain_timeout().seconds() == 1);
  CHECK(config.process().drain_timeout().nanos() == 500'000'000);
  CHECK(config.min_expires().seconds() == 60);
  CHECK(config.workers() == 2);
}

TEST_CASE("Each fault of a configuration is a sentence with the setting's name", "[config]") {
  const auto [json, sentences] = GENERATE(table<std::string, Sentences>({
      {R"({"sipLissten":1})", {R"(unknown key "sipLissten")"}},
      {R"({"proces":{}})", {R"(unknown key "proces" (did you mean "process"?))"}},
      {R"({"process":{"adminlisten":"x"}})",
       {R"(unknown key "process.adminlisten" (did you mean "admin_listen"?))"}},
      {R"({"process":{"node":7}})", {"process.node must be text in quotes"}},
      {R"({"process":[]})", {"process must be an object"}},
      {R"({"process":"x"})", {"process must be an object"}},
      {R"({"workers":-1})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"workers":1.5})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"workers":4294967296})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"workers":"many"})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"workers":"2 "})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"workers":{}})", {"workers must be a whole number from 0 to 4294967295"}},
      {R"({"min_expires":60})", {R"(min_expires must be a duration such as "30s" or "0.5s")"}},
      {R"({"min_expires":"60"})", {R"(min_expires must be a duration such as "30s" or "0.5s")"}},
      {R"({"min_expires":"1m"})", {R"(min_expires must be a duration such as "30s" or "0.5s")"}},
      {R"({"min_expires":".5s"})", {R"(min_expires must be a duration such as "30s" or "0.5s")"}},
      {R"({"grpc":{"tls":{"certificate":1}}})", {R"(unknown key "grpc.tls.certificate")"}},
      {R"({"spool_dir":"a","spoolDir":"b"})",
       {R"("spool_dir" is given twice, also as "spoolDir")"}},
      // all at once, in the order of names
      {R"({"zzz":1,"workers":true,"process":{"node":[],"nodes":1}})",
       {"process.node must be text in quotes",
        R"(unknown key "process.nodes" (did you mean "node"?))",
        "workers must be a whole number from 0 to 4294967295", R"(unknown key "zzz")"}},
  }));
  CAPTURE(json);
  config::v1::Registrar config;
  CHECK(runtime::parse_config(json, config) == sentences);
}

TEST_CASE("What is not a JSON object is refused as such", "[config]") {
  const auto* const text = GENERATE("", " ", "[]", "7", "{", "{\"a\" 1}", "{\"workers\":2} x",
                                    "{\"workers\":2,\"workers\":3}", "\xff\xfe", "# comment\n{}");
  CAPTURE(text);
  config::v1::Registrar config;
  const auto faults = runtime::parse_config(text, config);
  REQUIRE(faults.size() == 1);
  CHECK_THAT(faults.front(), Catch::StartsWith("is not a JSON object: "));
  CHECK(faults.front().find('\n') == std::string::npos);
}

TEST_CASE("Lists are checked element by element", "[config]") {
  const auto list = [](const std::string& targets) {
    config::v1::GrpcClient config;
    return runtime::parse_config(R"({"targets":)" + targets + "}", config);
  };
  CHECK(list(R"(["a:1","b:2"])") == Sentences{});
  CHECK(list(R"("a:1")") == Sentences{"targets must be a list"});
  CHECK(list(R"(["a:1",2,[]])") ==
        Sentences{"targets[1] must be text in quotes", "targets[2] must be text in quotes"});
}
