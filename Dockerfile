# The server with its networks, as uid 10001. docker build --tag bonafide . ; docs/operation.md says how to run it.
#
# What the context brings in models/ («make setup» fills it) is used; the rest comes by npm. The Go modules come from GOPROXY, which may be
# a folder: docs/operation.md, "Without a network".

ARG GO_IMAGE=golang:1.26-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS node

FROM ${GO_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev libjpeg62-turbo-dev libstdc++6 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
ARG GOPROXY
ENV GOFLAGS=-buildvcs=false GOTOOLCHAIN=local
COPY go.mod go.sum ./
# Where all must go through a proxy with a certificate of its own: docker build --secret id=ca,src=FILE
RUN --mount=type=secret,id=ca --mount=type=cache,target=/go/pkg/mod \
    if [ -s /run/secrets/ca ]; then export SSL_CERT_FILE=/run/secrets/ca; fi; \
    GOMODCACHE=/go/pkg/mod go mod download
COPY . .
ARG VERSION=devel
# A vendor's public key; a binary with one enforces that vendor's licences (docs/licensing.md).
ARG LICENSE_ISSUER=
RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod \
    GOMODCACHE=/go/pkg/mod go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.builtInIssuer=${LICENSE_ISSUER}" -o /out/bonafide ./cmd/bonafide
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    /out/bonafide models fetch --models models \
 && /out/bonafide models verify --models models \
 && mkdir -p /out/models && cp -r models/. /out/models/ && chmod -R a+rX /out

FROM ${RUNTIME_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libjpeg62-turbo libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 bonafide \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/bonafide --shell /usr/sbin/nologin bonafide \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/bonafide \
 && rm -f /etc/machine-id /var/lib/dbus/machine-id
COPY --from=build /out/bonafide /usr/local/bin/bonafide
COPY --from=build /out/models /usr/share/bonafide/models
COPY testdata/astronaut.jpg /usr/share/bonafide/testdata/astronaut.jpg
COPY LICENSE /usr/share/doc/bonafide/LICENSE
ENV BONAFIDE_MODELS=/usr/share/bonafide/models \
    BONAFIDE_DATA_DIR=/var/lib/bonafide \
    BONAFIDE_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/bonafide
VOLUME /var/lib/bonafide
EXPOSE 8888
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["bonafide", "health"]
ENTRYPOINT ["bonafide"]
CMD ["serve"]
