# A node of a cluster, as far as Debian has one: podman, which starts what Kubernetes is given.
ARG LAB
FROM ${LAB}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
        aardvark-dns catatonit crun iproute2 iptables netavark podman \
 && rm -rf /var/lib/apt/lists/*
