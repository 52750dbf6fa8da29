#include "integration/provisioning/fixture.hpp"

namespace pbx::test {

postgres::Options options_of(const TempBooks& books, const std::string& role) {
  postgres::Options options;
  options.host = TempPostgres::kHost;
  options.port = books.server().port();
  options.database = books.name();
  options.user = role;
  options.password = Secret{TempBooks::kPassword};
  return options;
}

Fixture::Fixture()
    : metrics{registry},
      pool{options_of(database, TempBooks::kProvisioning), registry},
      books{pool, metrics} {}

std::uint64_t Fixture::account(std::uint64_t parent, events::v1::AccountKind kind,
                               const std::string& name) {
  provisioning::v1::CreateAccountRequest request;
  request.set_parent_id(parent);
  request.set_kind(kind);
  request.set_name(name);
  return must(books.create_account(root, request)).id();
}

std::uint64_t Fixture::domain(std::uint64_t tenant, const std::string& name) {
  provisioning::v1::CreateDomainRequest request;
  request.set_tenant_id(tenant);
  request.set_name(name);
  return must(books.create_domain(root, request)).id();
}

provisioning::v1::UserWithPassword Fixture::user(const std::string& domain,
                                                 const std::string& extension,
                                                 const std::string& password) {
  provisioning::v1::CreateUserRequest request;
  request.set_domain(domain);
  request.set_extension(extension);
  request.set_display_name("User " + extension);
  request.set_password(password);
  return must(books.create_user(root, request));
}

provisioning::v1::DeviceWithPassword Fixture::device(const std::string& domain,
                                                     const std::string& extension,
                                                     const std::string& name,
                                                     const std::string& mac) {
  provisioning::v1::CreateDeviceRequest request;
  request.mutable_user()->set_domain(domain);
  request.mutable_user()->set_extension(extension);
  request.set_kind(events::v1::DEVICE_KIND_SIP);
  request.set_name(name);
  request.set_mac(mac);
  return must(books.create_device(root, request));
}

std::string Fixture::path_of(std::uint64_t account) {
  return sql("SELECT path FROM accounts WHERE id = " + std::to_string(account));
}

}  // namespace pbx::test
