#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "pbxctl/table.hpp"

namespace google::protobuf {
class Message;
}

namespace pbx::pbxctl {

/// protobuf's JSON mapping with the fields' own names, default values written out.
std::string to_json(const google::protobuf::Message& message, bool indented);

/// Where answers go: tables and labels for people, JSON for programs.
class Output {
 public:
  /// `columns`: of the terminal, 0 for none.
  Output(std::ostream& out, std::ostream& notes, bool json, std::size_t columns)
      : out_{out}, notes_{notes}, json_{json}, columns_{columns} {}

  bool json() const { return json_; }
  std::size_t columns() const { return columns_; }
  std::ostream& out() { return out_; }

  /// One object.
  void show(const google::protobuf::Message& message, const std::function<Details()>& details);
  /// An object as it is now, or the sentence that says what was done to it.
  void changed(const google::protobuf::Message& message, const std::string& sentence);
  /// What was done when there is no object to show; {} for programs.
  void done(const std::string& sentence);
  /// A remark beside the answer, on the error stream; only for people.
  void note(const std::string& sentence);

 private:
  std::ostream& out_;
  std::ostream& notes_;
  bool json_;
  std::size_t columns_;
};

/// Many objects: a table once all are there, or a JSON array, an object a line as they come.
class Listing {
 public:
  Listing(Output& output, std::vector<Column> columns);

  /// `row` is only asked for when a table is made.
  void add(const google::protobuf::Message& message, const std::function<Row()>& row);
  /// As add(), for one object that takes several rows.
  void add_rows(const google::protobuf::Message& message,
                const std::function<std::vector<Row>()>& rows);
  /// `nouns` names what there is none of: "users".
  void close(const std::string& nouns);

 private:
  Output& output_;
  Table table_;
  std::size_t count_ = 0;
};

}  // namespace pbx::pbxctl
