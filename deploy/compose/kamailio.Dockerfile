FROM debian:bookworm-slim

# Debian's own security updates are wanted, so no version is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends kamailio kamailio-tls-modules \
    && rm -rf /var/lib/apt/lists/*
USER kamailio
