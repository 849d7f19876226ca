# syntax=docker/dockerfile:1
# The image of every process but database, broker and proxy. It holds no secret and no school's data.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /opt/schoolgate
# Exact versions and files, nothing besides: no torch, since the model that ships is served by ONNX Runtime. What
# builds the packages that are source comes first, so that pip fetches no builder of its own choice.
COPY deploy/requirements.txt deploy/requirements.txt
# One of them has a wheel for the usual processor alone, and is compiled for any other. Debian keeps no version
# of the compiler but a release's newest, and nothing of it stays in the image.
# hadolint ignore=DL3008
RUN if [ "$(dpkg --print-architecture)" != amd64 ]; then \
      apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*; fi
RUN grep '^setuptools==' deploy/requirements.txt > builder.txt \
    && /opt/schoolgate/bin/pip install --no-deps --require-hashes -r builder.txt \
    && /opt/schoolgate/bin/pip install --no-deps --require-hashes --no-build-isolation -r deploy/requirements.txt
COPY pyproject.toml README.md ./
COPY school school
COPY connectors connectors
COPY moderation moderation
COPY approvals approvals
COPY web web
COPY worker worker
# pip itself isn't needed where the product runs; nor is the one that the base image brings, below.
RUN /opt/schoolgate/bin/pip install --no-deps --no-build-isolation . \
    && /opt/schoolgate/bin/pip uninstall --yes pip \
    && /opt/schoolgate/bin/python -m compileall -q /opt/schoolgate/lib

FROM python:3.11-slim-bookworm
ENV PATH=/opt/schoolgate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    SCHOOLGATE_HOME=/var/lib/schoolgate \
    SCHOOLGATE_LOG_FORMAT=json \
    SCHOOLGATE_LOG_FILES=false
RUN /usr/local/bin/python -m pip uninstall --yes pip \
    && groupadd --gid 10001 schoolgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/schoolgate schoolgate \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/schoolgate
COPY --from=build /opt/schoolgate /opt/schoolgate
USER 10001:10001
WORKDIR /var/lib/schoolgate
VOLUME ["/var/lib/schoolgate"]
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the pages; docker-compose.yml gives the other processes their own.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=5)"]
CMD ["schoolgate", "web", "--host", "0.0.0.0", "--port", "8000"]
