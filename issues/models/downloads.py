"""Downloads that are made once for each state of the archive, and stored for all web processes."""

from django.db import connection, models


class StoredDownloadQuerySet(models.QuerySet["StoredDownload"]):
    def try_lock(self, name: str) -> bool:
        """Return whether this transaction alone may make the file. Does not wait. One query."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"download {name}"])
            return bool(cursor.fetchone()[0])


class StoredDownload(models.Model):
    """One file of /data/. issues/site/downloads.py makes it again when its ETag is out of date."""

    name = models.CharField(max_length=100)
    etag = models.CharField(max_length=100)
    file_name = models.CharField(max_length=300)
    content = models.BinaryField(help_text="Compressed with gzip.")

    objects = StoredDownloadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="stored_download_once")]

    def __str__(self):
        return self.name
