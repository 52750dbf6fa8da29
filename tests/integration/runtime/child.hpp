#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "net/sockets.hpp"

namespace pbx::test {

/// The sample service as a process of its own, killed with its owner if it still runs.
class Child {
 public:
  using Environment = std::map<std::string, std::string>;

  explicit Child(const std::vector<std::string>& arguments, const Environment& extra = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// Reads its stderr until `text` occurs; false at its end or after ten seconds.
  bool wait_for(const std::string& text);
  void signal(int number) const;
  /// Its exit status, or 1000 + the signal that killed it; -1 when it runs on for ten seconds.
  int wait();
  const std::string& err() const { return err_; }
  const std::string& out() const { return out_; }
  /// The value of a field in the first line of stderr that has it: field("address").
  std::string field(const std::string& name) const;

 private:
  bool read_some();

  pid_t pid_ = -1;
  net::Fd out_pipe_;
  net::Fd err_pipe_;
  std::string out_;
  std::string err_;
};

/// A file with this text, removed with its owner.
class TempFile {
 public:
  explicit TempFile(const std::string& text);
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile();
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

}  // namespace pbx::test
