#!/bin/sh
# Installs what building, running and testing ClusterPBX needs from Debian 12's packages.
#
#   tools/install_deps.sh build     compilers and libraries
#   tools/install_deps.sh run       PostgreSQL, Redis, Java and Maven (for Kafka), baresip
#   tools/install_deps.sh service   what a built service links at run time, for containers
#   tools/install_deps.sh test      SIP test programs, clang (fuzzing), pytest, namespaces and NAT
#   tools/install_deps.sh bench     rivals to measure against, perf
#   tools/install_deps.sh all       all of them but bench (the default)
#
# Nothing but packages changes: no system service is started and no default PostgreSQL cluster is made.
set -eu

build_packages="
  g++ make cmake ninja-build ccache mold pkg-config python3 git ca-certificates
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
  librdkafka-dev libhiredis-dev libpqxx-dev prometheus-cpp-dev
  libssl-dev zlib1g-dev libspdlog-dev libcli11-dev libmimalloc-dev catch2"
# Removes Boost's default version where it is installed, so it goes last.
boost_packages="libboost1.81-dev"
run_packages="openssl postgresql-15 redis-server openjdk-17-jre-headless maven kcat baresip-core"
service_packages="libgrpc++1.51 libprotobuf32 libhiredis0.14 librdkafka1 librdkafka++1 libpqxx-6.4
  libprometheus-cpp-core1.0 libspdlog1.10 libssl3 libmimalloc2.0 zlib1g ca-certificates"
test_packages="clang clang-format libclang-rt-14-dev llvm sip-tester sipsak python3-pytest
  iproute2 nftables"

bench_packages="kamailio kamailio-postgres-modules kamailio-redis-modules libsofia-sip-ua-dev libosip2-dev linux-perf"

what=${1:-all}
case "$what" in
  build) wanted="$build_packages $boost_packages" ;;
  run) wanted="$run_packages" ;;
  service) wanted="$service_packages" ;;
  test) wanted="$test_packages" ;;
  bench) wanted="$bench_packages" ;;
  all) wanted="$build_packages $run_packages $test_packages $boost_packages" ;;
  -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "install_deps: unknown set '$what'; use build, run, service, test, bench or all" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_deps: these packages are missing:$missing" >&2
    echo "Run as root, or install sudo, or run: apt-get install$missing" >&2
    exit 1
  fi
  as_root="sudo"
fi

if ! grep -qs '^VERSION_ID="12"' /etc/os-release; then
  echo "install_deps: this is not Debian 12; its packages may be missing or of another version" >&2
fi

# What packages would do beyond being installed is held off while they are: starting services
# (policy-rc.d) and making PostgreSQL's default cluster. What was there before stays as it is.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/clusterpbx.conf
made_policy=""
undo() {
  [ -z "$made_policy" ] || $as_root rm -f "$policy"
  $as_root rm -f "$no_cluster"
  $as_root rmdir --ignore-fail-on-non-empty -p "$(dirname "$no_cluster")" 2>/dev/null || true
}
trap undo EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  made_policy=yes
fi
$as_root mkdir -p "$(dirname "$no_cluster")"
echo "create_main_cluster = false" | $as_root tee "$no_cluster" >/dev/null

echo "installing:$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
$as_root env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
