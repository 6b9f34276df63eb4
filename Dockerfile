# The 1883 line in a container. SIP and RTP need the host's network or these ports published one to one:
#   docker run --network host --stop-timeout 60 -v ./ivr.toml:/etc/ivr/ivr.toml:ro -v ivr-data:/var/lib/ivr ivr-1883
FROM python:3.11-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The environment is made where it will run: its scripts name that place.
RUN python -m venv /opt/ivr/.venv
WORKDIR /opt/ivr
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN .venv/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/build.txt \
    && .venv/bin/python -m pip install --quiet --require-hashes --no-deps --use-pep517 --no-build-isolation \
        -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE THIRD-PARTY-NOTICES.md ./
COPY ivr ivr
# Editable, because dial plans, prompts and models lie beside the package.
RUN .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m pip check

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 1883 --home-dir /var/lib/ivr --create-home --shell /usr/sbin/nologin ivr \
    && mkdir /etc/ivr \
    && install --directory --owner ivr --group ivr /run/ivr
COPY --from=build /opt/ivr /opt/ivr
WORKDIR /opt/ivr
COPY dialplans dialplans
COPY prompts prompts
COPY asr_models asr_models

ENV PATH=/opt/ivr/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IVR_LINE_DATA_DIR=/var/lib/ivr
USER ivr
VOLUME /var/lib/ivr

# SIP of the first worker, its RTP range, and the office.
EXPOSE 5060/udp 5060/tcp 20000-20099/udp 8083/tcp

HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('IVR_OFFICE_PORT', '8083') + '/healthz', timeout=2)"]

CMD ["ivr", "serve", "--config", "/etc/ivr/ivr.toml"]
