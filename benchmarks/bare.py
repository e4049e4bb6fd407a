"""The least that granian can do: a WSGI function that returns stored bytes. BENCHMARK_ANSWERS names their file."""

import os
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# By path: headers and body.
ANSWERS: dict[str, tuple[list[tuple[str, str]], bytes]] = pickle.loads(
    Path(os.environ["BENCHMARK_ANSWERS"]).read_bytes()
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers, body = ANSWERS[environ["PATH_INFO"]]
    if "HTTP_IF_NONE_MATCH" in environ:
        start_response("304 Not Modified", headers[:-1])
        return []
    start_response("200 OK", headers)
    return [body]
