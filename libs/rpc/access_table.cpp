#include "rpc/access_table.hpp"

#include <algorithm>
#include <array>

namespace pbx::rpc {
namespace {

/// People and programs, by the operator's key that pbxctl signs with.
constexpr std::array<std::string_view, 1> kOperator{"operator"};
constexpr std::array<std::string_view, 1> kProxy{"proxy"};
constexpr std::array<std::string_view, 2> kOperatorAndProxy{"operator", "proxy"};

constexpr AccessRule kTable[]{
    {"RegisterStream", kProxy},

    {"/pbx.registrar.v1.Registrar/ListBindings", kOperator},
    {"/pbx.registrar.v1.Registrar/RemoveBindings", kOperator},

    {"/pbx.proxy.v1.Proxy/ListCalls", kOperator},
    {"/pbx.proxy.v1.Proxy/GetCall", kOperator},
    {"/pbx.proxy.v1.Proxy/HangUp", kOperatorAndProxy},  // a ringing call is ended at its node
    {"/pbx.proxy.v1.Proxy/ListNodes", kOperator},

    {"/pbx.provisioning.v1.Provisioning/CreateAccount", kOperator},
    {"/pbx.provisioning.v1.Provisioning/GetAccount", kOperator},
    {"/pbx.provisioning.v1.Provisioning/ListAccounts", kOperator},
    {"/pbx.provisioning.v1.Provisioning/UpdateAccount", kOperator},
    {"/pbx.provisioning.v1.Provisioning/DeleteAccount", kOperator},
    {"/pbx.provisioning.v1.Provisioning/CreateDomain", kOperator},
    {"/pbx.provisioning.v1.Provisioning/GetDomain", kOperator},
    {"/pbx.provisioning.v1.Provisioning/ListDomains", kOperator},
    {"/pbx.provisioning.v1.Provisioning/DeleteDomain", kOperator},
    {"/pbx.provisioning.v1.Provisioning/CreateUser", kOperator},
    {"/pbx.provisioning.v1.Provisioning/GetUser", kOperator},
    {"/pbx.provisioning.v1.Provisioning/ListUsers", kOperator},
    {"/pbx.provisioning.v1.Provisioning/UpdateUser", kOperator},
    {"/pbx.provisioning.v1.Provisioning/DeleteUser", kOperator},
    {"/pbx.provisioning.v1.Provisioning/CreateDevice", kOperator},
    {"/pbx.provisioning.v1.Provisioning/GetDevice", kOperator},
    {"/pbx.provisioning.v1.Provisioning/ListDevices", kOperator},
    {"/pbx.provisioning.v1.Provisioning/UpdateDevice", kOperator},
    {"/pbx.provisioning.v1.Provisioning/DeleteDevice", kOperator},
    {"/pbx.provisioning.v1.Provisioning/ListHistory", kOperator},

    {"/pbx.billing.v1.Billing/ListCdrs", kOperator},
    {"/pbx.billing.v1.Billing/GetCdr", kOperator},
};

}  // namespace

std::span<const AccessRule> access_table() { return kTable; }

bool may_call(std::string_view caller, std::string_view method) {
  const auto* const rule =
      std::find_if(std::begin(kTable), std::end(kTable),
                   [=](const AccessRule& one) { return one.method == method; });
  if (rule == std::end(kTable)) return false;
  return std::find(rule->callers.begin(), rule->callers.end(), caller) != rule->callers.end();
}

}  // namespace pbx::rpc
