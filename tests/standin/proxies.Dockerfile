# Web servers that a tutor may have in front of the lab, as Debian has them; nginx is the lab's own.
ARG LAB
FROM ${LAB}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends caddy haproxy \
 && rm -rf /var/lib/apt/lists/*
