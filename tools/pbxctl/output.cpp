#include "pbxctl/output.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include "pbxctl/refusal.hpp"
#include "pbxctl/text.hpp"

namespace pbx::pbxctl {

std::string to_json(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) throw Refusal{"the answer cannot be written as JSON"};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void Output::show(const google::protobuf::Message& message,
                  const std::function<Details()>& details) {
  if (json_) {
    out_ << to_json(message, true) << '\n';
  } else {
    details().print(out_);
  }
}

void Output::changed(const google::protobuf::Message& message, const std::string& sentence) {
  out_ << (json_ ? to_json(message, true) : printable(sentence)) << '\n';
}

void Output::done(const std::string& sentence) {
  out_ << (json_ ? "{}" : printable(sentence)) << '\n';
}

void Output::note(const std::string& sentence) {
  if (!json_) notes_ << sentence << '\n';
}

Listing::Listing(Output& output, std::vector<Column> columns)
    : output_{output}, table_{std::move(columns)} {}

void Listing::add(const google::protobuf::Message& message, const std::function<Row()>& row) {
  add_rows(message, [&] { return std::vector<Row>{row()}; });
}

void Listing::add_rows(const google::protobuf::Message& message,
                       const std::function<std::vector<Row>()>& rows) {
  ++count_;
  if (output_.json()) {
    output_.out() << (count_ == 1 ? "[\n" : ",\n") << to_json(message, false);
  } else {
    for (auto& row : rows()) table_.add(std::move(row));
  }
}

void Listing::close(const std::string& nouns) {
  if (output_.json()) {
    output_.out() << (count_ == 0 ? "[]\n" : "\n]\n");
  } else if (table_.empty()) {
    output_.note("There are no " + nouns + ".");
  } else {
    table_.print(output_.out(), output_.columns());
  }
}

}  // namespace pbx::pbxctl
