#include "rpc/detail/credentials.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "pbx/config/v1/common.pb.h"

namespace pbx::rpc::detail {
namespace {

std::string read_file(const std::string& name) {
  std::ifstream file{name, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) throw std::runtime_error{"cannot read " + name};
  return text.str();
}

std::string read_optional(const std::string& name) {
  return name.empty() ? std::string{} : read_file(name);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const config::v1::Tls* tls) {
  if (tls == nullptr) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options{
      tls->ca_file().empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY};
  options.pem_root_certs = read_optional(tls->ca_file());
  options.pem_key_cert_pairs.push_back(
      {read_file(tls->key_file()), read_file(tls->certificate_file())});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const config::v1::Tls* tls) {
  if (tls == nullptr) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = read_optional(tls->ca_file());
  options.pem_private_key = read_optional(tls->key_file());
  options.pem_cert_chain = read_optional(tls->certificate_file());
  return grpc::SslCredentials(options);
}

}  // namespace pbx::rpc::detail
