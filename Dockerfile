# The platform as an image with one file in it. The same sources give the same
# binary: the toolchain is pinned, paths and build ids are left out.
#
#   docker build --build-arg REVISION=$(git rev-parse HEAD) -t diaspora:dev .
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false -mod=readonly"
RUN go build -ldflags="-s -w -buildid=" -o /out/diaspora ./cmd/diaspora \
 && mkdir -m 0700 /out/data

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Diaspora Match" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision=$REVISION
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/diaspora /diaspora
# Nobody's home: a volume that is mounted here takes this owner and mode.
COPY --from=build --chown=65532:65532 --chmod=0700 /out/data /data
USER 65532:65532
ENV DIASPORA_DATA=/data
VOLUME /data
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["/diaspora", "ready"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/diaspora"]
CMD ["serve"]
