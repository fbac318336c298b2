# An ACME authority that really looks at the hosts that it issues certificates for, as Debian has it.
ARG LAB
FROM ${LAB}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends pebble \
 && rm -rf /var/lib/apt/lists/*
