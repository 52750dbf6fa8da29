# One file for every service:
#
#   docker build -f docker/service.Dockerfile --build-arg SERVICE=proxy -t clusterpbx/proxy .
#
# All services are compiled in one stage, so the second image comes from the cache.
ARG BASE=debian:12-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tools/install_deps.sh tools/
RUN sh tools/install_deps.sh build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY proto proto
COPY libs libs
COPY services services
COPY tools tools
COPY tests/CMakeLists.txt tests/
RUN cmake --preset release && cmake --build --preset release && strip build/release/bin/*

FROM ${BASE} AS service
COPY tools/install_deps.sh /tmp/
RUN sh /tmp/install_deps.sh service && rm -rf /var/lib/apt/lists/* /tmp/install_deps.sh
ARG SERVICE
RUN test -n "${SERVICE}" || { echo "name the service: --build-arg SERVICE=proxy" >&2; exit 1; }
COPY --from=build /src/build/release/bin/pbx-${SERVICE} /usr/local/bin/
# The schema's migrations go with the service that owns it.
COPY deploy/postgres/migrations /usr/local/share/pbx/migrations
COPY --from=build /src/build/release/bin/pbx-migrate /usr/local/bin/
RUN ln -s "pbx-${SERVICE}" /usr/local/bin/pbx-service && mkdir -p /var/spool/pbx && chown 10001:10001 /var/spool/pbx
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/pbx-service"]
CMD ["--config", "/etc/pbx/config.json"]
