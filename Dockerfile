# Collaborative JupyterLab: one image, one container, one shared lab. See docs/operate/index.md.

# The Debian release, and the Python that comes with it. `make` reads both here (tools/engine.py):
# for the base image that it makes if none can be pulled, for the engine's packages, and for
# `make lock`.
ARG DEBIAN=trixie
ARG PYTHON=3.13

# ── What every stage and the running lab need ─────────────────────────────────────────────
FROM debian:${DEBIAN}-slim AS base

ENV LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# python3: Hub, lab and kernels · nginx: the front (brotli-static serves what the build stage
# compressed) and, with stream, the egress proxy · nftables, libseccomp2: the egress lock · restic:
# snapshots · tini: PID 1, which reaps ended processes · the others: for students' terminals.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
        ca-certificates less libnginx-mod-http-brotli-static \
        libnginx-mod-stream libseccomp2 nano nftables nginx-light procps python3 restic \
        tini unzip \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /var/log/nginx/*

# ── The labextension: only this stage has Node ────────────────────────────────────────────
FROM debian:${DEBIAN}-slim AS labextension

RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates nodejs npm \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /labextension
COPY labextension/package.json labextension/package-lock.json ./
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/ca.crt ]; then \
        export NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt npm_config_cafile=/run/secrets/ca.crt; \
    fi \
 && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY labextension ./
RUN npm run build

# Only `make lint` and `make test` build the following stages.
FROM labextension AS labextension-tools
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/ca.crt ]; then \
        export NODE_EXTRA_CA_CERTS=/run/secrets/ca.crt npm_config_cafile=/run/secrets/ca.crt; \
    fi \
 && npm ci --ignore-scripts --no-audit --no-fund
COPY src/classroom/lab/people/page_messages.schema.json /src/classroom/lab/people/

FROM labextension-tools AS labextension-lint
RUN npm run lint

FROM labextension-tools AS labextension-test
RUN npm test

# ── Build: the runtime image gets only /opt/classroom from this stage ─────────────────────
FROM base AS build

RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils brotli python3-venv \
 && rm -rf /var/lib/apt/lists/*

# uv installs from the lock in seconds. The `ca` secret is for people behind a proxy that
# inspects TLS: --secret id=ca,src=their-bundle.pem; without it the system's authorities count.
COPY requirements/build.txt /build/requirements/
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.cache \
    if [ -s /run/secrets/ca.crt ]; then export PIP_CERT=/run/secrets/ca.crt; fi \
 && python3 -m venv /build/tools \
 && /build/tools/bin/pip install --disable-pip-version-check --quiet \
        --require-hashes -r /build/requirements/build.txt

ARG PYTHON
COPY requirements/image.txt /build/requirements/
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.cache \
    if [ -s /run/secrets/ca.crt ]; then export SSL_CERT_FILE=/run/secrets/ca.crt; fi \
 && /build/tools/bin/uv venv --quiet --python "/usr/bin/python${PYTHON}" /opt/classroom \
 && /build/tools/bin/uv pip install --python /opt/classroom --link-mode copy --quiet \
        --compile-bytecode --no-deps --require-hashes -r /build/requirements/image.txt

# A kernel starts in the folder of its notebook. Without -P, a student's ipykernel_launcher.py in
# that folder would run as everybody's kernels there. IPython itself adds the folder to sys.path
# again, after the standard library.
RUN sed -i 's/^  "-m",$/  "-P",\n  "-m",/' /opt/classroom/share/jupyter/kernels/python3/kernel.json \
 && grep --quiet '"-P"' /opt/classroom/share/jupyter/kernels/python3/kernel.json

# Delete what no browser and no class needs: source maps, sources of compiled modules, the packages'
# own tests, debugging symbols (but not those of libraries in *.libs: wheels change them after
# linking), parts of the classic notebook, and the parts of the Hub's web components that its pages
# don't use. JupyterLab's own files come twice: replace one copy by a link. This saves 220 MB.
# Then compress every text that a browser loads: once, here, as small as possible.
WORKDIR /opt/classroom
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN find lib -type d -name tests -prune -exec rm -r {} + \
 && find lib share -name '*.map' -delete \
 && find lib \( -name '*.c' -o -name '*.cpp' -o -name '*.pyx' \) -delete \
 && find lib -name '*.so' -not -path '*.libs/*' -exec strip --strip-debug {} + \
 && site="$(echo lib/python3.*/site-packages)" \
 && rm -r share/jupyter/nbextensions "$site"/widgetsnbextension/static \
        "$site"/jupyterlab/galata "$site"/sqlalchemy/testing \
 && diff -r "$site"/jupyterlab/static share/jupyter/lab/static \
 && rm -r "$site"/jupyterlab/static \
 && ln -s ../../../../share/jupyter/lab/static "$site"/jupyterlab/static \
 && find share/jupyterhub/static/components/@fortawesome -type f \
        -not -path '*/css/*' -not -path '*/webfonts/*' -delete \
 && find share/jupyterhub/static/components -type f \
        \( -path '*/components/bootstrap/*' -o -path '*/components/jquery/*' \
           -o -path '*/components/moment/*' -o -path '*/components/requirejs/*' \) \
        -not -path '*/bootstrap/dist/css/bootstrap.min.css' \
        -not -path '*/bootstrap/dist/js/bootstrap.bundle.min.js' \
        -not -path '*/jquery/dist/jquery.min.js' \
        -not -path '*/components/moment/moment.js' \
        -not -path '*/components/requirejs/require.js' -delete \
 && rm -r share/jupyterhub/static/scss \
 && find share/jupyterhub/static -type d -empty -delete \
 && find share/jupyterhub/static share/jupyter/lab/static share/jupyter/lab/themes \
        share/jupyter/labextensions \
        lib/python3.*/site-packages/jupyter_server/static -type f -size +512c \
        \( -name '*.js' -o -name '*.css' -o -name '*.json' -o -name '*.svg' -o -name '*.html' \
           -o -name '*.ttf' -o -name '*.eot' -o -name '*.ico' \) -print0 \
    | xargs -0 -P "$(nproc)" -n 16 sh -c 'brotli --best --keep "$@" && gzip -9 --keep "$@"' sh

# Our own code comes after what changes seldom, so that Docker's build cache keeps the layers above.
COPY --from=labextension /labextension/dist \
    share/jupyter/labextensions/@classroom/labextension/
RUN find share/jupyter/labextensions/@classroom -type f -size +512c -print0 \
    | xargs -0 sh -c 'brotli --best --keep "$@" && gzip -9 --keep "$@"' sh

COPY pyproject.toml LICENSE /build/
COPY locale /build/locale
COPY src /build/src
COPY nftables /build/nftables
COPY nginx /build/nginx
WORKDIR /build
RUN tools/bin/python -m hatchling build --target wheel \
 && tools/bin/uv pip install --python /opt/classroom --offline --no-deps --quiet \
        --compile-bytecode dist/*.whl \
 && sed -i '1s|python$|python -I|' /opt/classroom/bin/classroom \
 && grep --quiet '^#!/opt/classroom/bin/python -I$' /opt/classroom/bin/classroom \
 && mkdir -p /opt/classroom/share/jupyter/lab/settings \
 && cp src/classroom/lab/settings/*.json /opt/classroom/share/jupyter/lab/settings/ \
 && mkdir /opt/classroom/etc/ipython \
 && cp src/classroom/launcher/ipython_kernel_config.json /opt/classroom/etc/ipython/ \
 && sed -E '/^ *--hash/d; s/ *\\$//' requirements/image.txt > /opt/classroom/image.txt \
 && cp -r src/classroom/hub/static /opt/classroom/share/jupyterhub/static/classroom \
 && brotli --best --keep /opt/classroom/share/jupyterhub/static/classroom/* \
 && gzip -9 --keep /opt/classroom/share/jupyterhub/static/classroom/*.css \
        /opt/classroom/share/jupyterhub/static/classroom/*.js \
 && /opt/classroom/bin/python -I -m classroom.runtime.compile_words locale \
 && /opt/classroom/bin/python -I -m classroom.lab.pages.preload /opt/classroom/share/jupyter

# When this argument changes, the build fetches Debian's security updates and the tutor's own
# packages again: --build-arg CACHE_INVALIDATE=$(date +%s)
ARG CACHE_INVALIDATE=0
# The tutor's requirements.txt is optional (COPY needs at least one file that exists). The lab's own
# packages keep their locked versions: after a conflict the build fails here, with uv's explanation.
COPY requirements/image.txt requirements.tx[t] /build/tutor/
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    --mount=type=cache,target=/root/.cache \
    if [ -s /run/secrets/ca.crt ]; then export SSL_CERT_FILE=/run/secrets/ca.crt; fi \
 && echo "invalidated: ${CACHE_INVALIDATE}" \
 && if [ -e /build/tutor/requirements.txt ]; then \
        sed -E '/^ *--hash/d; s/ *\\$//' /build/tutor/image.txt > /build/tutor/constraints.txt \
     && /opt/classroom/bin/python -I -m classroom.runtime.tutors_text /build/tutor/requirements.txt \
     && /build/tools/bin/uv pip install --python /opt/classroom --link-mode copy \
            --compile-bytecode --constraints /build/tutor/constraints.txt \
            -r /build/tutor/requirements.txt; \
    fi \
 && rm -f /opt/classroom/.lock   # uv's lock file, which everybody could write

# ── The image ─────────────────────────────────────────────────────────────────────────────
FROM base AS runtime

LABEL org.opencontainers.image.title="Collaborative JupyterLab" \
      org.opencontainers.image.description="One shared JupyterLab for a class" \
      org.opencontainers.image.licenses="BSD-3-Clause"

# Users: classroom (lab server), student (students' code), front (nginx), egress (the only one that
# may connect to other hosts). Groups: students (share the lab's files), hub (may connect to the
# Hub's socket). No program may give somebody its owner's rights: the image has no setuid or setgid
# file.
RUN groupadd --gid 1100 students && groupadd --system --gid 903 hub \
 && useradd --system --uid 901 --groups hub --no-create-home --shell /usr/sbin/nologin front \
 && useradd --system --uid 902 --no-create-home --shell /usr/sbin/nologin egress \
 && useradd --uid 1000 --groups students,hub --home-dir /home/classroom --no-create-home \
        --shell /bin/bash classroom \
 && useradd --uid 1001 --gid students --home-dir /home/classroom --no-create-home \
        --shell /bin/bash student \
 && mkdir --mode 0700 /srv/jupyterhub && mkdir /srv/jupyterhub/config \
 && ln -s /data/files /home/classroom \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} +

ARG CACHE_INVALIDATE=0
RUN echo "invalidated: ${CACHE_INVALIDATE}" \
 && apt-get update && apt-get upgrade --yes && rm -rf /var/lib/apt/lists/* \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} +

COPY --from=build /opt/classroom /opt/classroom

# The tutor's own programs, in repo2docker's format: apt.txt lists Debian packages, and the build
# runs postBuild last, as root. Both are optional (COPY needs at least one file that exists). Their
# programs lose setuid and setgid rights, too.
COPY LICENSE apt.tx[t] postBuil[d] /build/tutor/
RUN if [ -e /build/tutor/apt.txt ]; then \
        /opt/classroom/bin/python -I -m classroom.runtime.tutors_text /build/tutor/apt.txt \
     && sed -i 's/#.*//; s/\r$//' /build/tutor/apt.txt \
     && apt-get update \
     && xargs apt-get install --yes --no-install-recommends < /build/tutor/apt.txt \
     && rm -rf /var/lib/apt/lists/* \
     && find / -xdev -perm /6000 -type f -exec chmod a-s {} +; \
    fi
WORKDIR /build/tutor
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.crt \
    if [ -s /run/secrets/ca.crt ]; then \
        export SSL_CERT_FILE=/run/secrets/ca.crt PIP_CERT=/run/secrets/ca.crt \
               CURL_CA_BUNDLE=/run/secrets/ca.crt GIT_SSL_CAINFO=/run/secrets/ca.crt; \
    fi \
 && if [ -e /build/tutor/postBuild ]; then \
        export PATH="/opt/classroom/bin:$PATH" \
     && python -I -m classroom.runtime.tutors_text /build/tutor/postBuild \
     && sed -i 's/\r$//' /build/tutor/postBuild \
     && chmod +x /build/tutor/postBuild && /build/tutor/postBuild \
     && rm -rf /root/.cache /tmp/* /var/lib/apt/lists/* \
     && find / -xdev -perm /6000 -type f -exec chmod a-s {} +; \
    fi \
 && rm -rf /build
WORKDIR /
# A terminal's login shell sets its own PATH: `python` and `pip` must be the lab's there, too.
RUN echo "PATH=/opt/classroom/bin:\$PATH" > /etc/profile.d/classroom.sh

# The label shows `make up` whether a start is an upgrade. The file is for the lab, which stores on
# its volume which release wrote it.
ARG RELEASE=
LABEL org.opencontainers.image.version="${RELEASE}"
RUN echo "${RELEASE}" > /opt/classroom/release

ENV PATH=/opt/classroom/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EXPOSE 8443 8444
# Docker runs the check every second during the start, so that `make up` notices at once when it
# succeeds. Docker starts it with all capabilities of the container, including NET_ADMIN. So the
# check first drops them, and loads no file from a place where anybody but root could ever write.
HEALTHCHECK --interval=15s --timeout=10s --start-period=90s --start-interval=1s --retries=3 \
    CMD ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", \
         "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--", \
         "/opt/classroom/bin/python", "-I", "-m", "classroom", "health"]
ENTRYPOINT ["tini", "--", "classroom", "boot"]
