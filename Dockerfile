FROM python:3.13-slim-trixie AS application

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GRANIAN_HOST=0.0.0.0 GRANIAN_PORT=8000 METRICS_HOST=0.0.0.0 \
    PICTURES_DIR=/pictures
WORKDIR /app

COPY requirements.txt .
# Where docker-compose.yml mounts volumes, which get the owners of these folders: /static is the proxy's.
RUN python -m pip install --no-cache-dir --require-hashes -r requirements.txt && \
    install --directory --owner=10001 --group=10001 /static /pictures

COPY . .
# These three only let the settings be read; nothing of them stays in the image.
RUN SECRET_KEY=none SITE_URL=https://build.invalid DATABASE_URL=postgresql:///none python manage.py collectstatic --no-input

# Nobody's: the application writes no files but pictures.
USER 10001:10001
EXPOSE 8000
# For each worker: 512 connections, because one that is idle, or that reads slowly what was answered, takes no thread;
# threads for everybody whom sreweekly/bulkheads.py and uploads.py let wait, and for health and stored pages beside
# them; and 256 connections that wait to be accepted. A worker that dies is replaced at once.
CMD ["granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "192", "--backpressure", "512", "--backlog", "256", "--respawn-failed-workers", "--workers-kill-timeout", "30", "sreweekly.wsgi:application"]


# The same with pg_dump in the version of docker-compose.yml's db, which Debian does not have, and restic.
FROM application AS backup
USER 0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-common restic \
    && sh /usr/share/postgresql-common/pgdg/apt.*.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --mode=700 --owner=10001 --group=10001 /backups
ENV BACKUP_DIR=/backups
USER 10001:10001
CMD ["python", "manage.py", "back_up", "--nightly"]
