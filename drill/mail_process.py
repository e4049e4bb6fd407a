"""A worker that does nothing but send one mailing, over several connections, until nothing waits."""

import sys
import threading
import time

import django
import psycopg

django.setup()

from mailings.models.mailings import Mailing  # noqa: E402
from mailings.sending.worker import send  # noqa: E402


def work(mailing: Mailing) -> None:
    while True:
        try:
            if send(mailing) is None:
                return
        except psycopg.OperationalError:
            time.sleep(0.2)
        except django.db.OperationalError:
            django.db.connection.close()
            time.sleep(0.2)


if __name__ == "__main__":
    mailing = Mailing.objects.select_related("issue").get()
    threads = [threading.Thread(target=work, args=[mailing]) for _ in range(int(sys.argv[1]))]
    print("It begins.", flush=True)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
