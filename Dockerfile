# otelsim as a small image that runs as nobody in particular: `docker build -t otelsim:local .`
ARG PYTHON=python:3.13.15-slim-bookworm

# Building needs pip, hatchling and the sources; running needs none of them. Nothing is fetched but what is locked.
FROM ${PYTHON} AS build
WORKDIR /source
COPY requirements/build.txt requirements/image.txt requirements/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps --requirement requirements/build.txt \
    && python -m venv --without-pip /opt/otelsim \
    && pip --python /opt/otelsim/bin/python \
        install --no-cache-dir --require-hashes --only-binary :all: --no-deps --requirement requirements/image.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY otelsim otelsim
COPY fixtures fixtures
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/otelsim/bin/python install --no-cache-dir --no-deps /wheels/*.whl

FROM ${PYTHON}
COPY --from=build /opt/otelsim /opt/otelsim
# A volume takes its owner from the directory that it is mounted over.
RUN useradd --uid 10001 --create-home otelsim \
    && mkdir /var/lib/otelsim \
    && chown otelsim:otelsim /var/lib/otelsim
ENV PATH=/opt/otelsim/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
# Kernels compiled here, for this machine's processor, need not be compiled in each container (some 20 seconds).
RUN python -m otelsim.runner.warmed && python -m otelsim.runner.warmed_otlp
WORKDIR /var/lib/otelsim
ENTRYPOINT ["otelsim"]
