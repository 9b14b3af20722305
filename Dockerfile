# The app with its bundled models; it needs no network once it is built.
#
#   docker build -t sentiment .
#   docker run --rm -p 7860:7860 sentiment
#
# PyPI's torch brings CUDA along on x86. For a smaller image give an index with PyTorch's CPU builds:
#   docker build --build-arg PIP_EXTRA_INDEX_URL=… -t sentiment .
FROM python:3.11-slim

ARG PIP_EXTRA_INDEX_URL
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

RUN useradd --create-home --uid 1000 visitor
WORKDIR /home/visitor/app

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

COPY app.py train_model.py README.md LICENSE ./
COPY assets ./assets
COPY sentiment ./sentiment
RUN mkdir checkpoints && chown visitor checkpoints

USER 1000
ENV GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["python", "app.py"]
