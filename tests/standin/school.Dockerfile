# What a school has in its network: a database, a Dask scheduler, a proxy; and in /srv/python what a
# notebook speaks to them with. On top of the lab's image, whose Python it is for.
ARG LAB
FROM ${LAB}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql tinyproxy \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    if [ -s /run/secrets/ca.crt ]; then export PIP_CERT=/run/secrets/ca.crt; fi \
 && pip install --quiet --no-cache-dir --target /srv/python 'psycopg[binary]' distributed
