FROM python:3.13-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GRANIAN_HOST=0.0.0.0 GRANIAN_PORT=8000 METRICS_HOST=0.0.0.0
WORKDIR /app

COPY requirements.txt .
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . .
# These three only let the settings be read; nothing of them stays in the image.
RUN SECRET_KEY=none SITE_URL=https://build.invalid DATABASE_URL=postgresql:///none python manage.py collectstatic --no-input

# Nobody's: the application writes no files.
USER 10001:10001
EXPOSE 8000
# For each worker: eight threads, as many as DATABASE_POOL has connections; 128 connections of the proxy, each with one
# request; and 256 that wait to be accepted. A worker that dies is replaced at once.
CMD ["granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "8", "--backpressure", "128", "--backlog", "256", "--respawn-failed-workers", "--workers-kill-timeout", "30", "sreweekly.wsgi:application"]
