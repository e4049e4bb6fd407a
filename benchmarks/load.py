"""Load on a server: by wrk if it is installed, else by threads of this process."""

import http.client
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from itertools import cycle, islice
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.server import ServerError, check

CONNECTIONS = 8
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
# Each thread of wrk requests the paths in turn.
_SCRIPT = """
local paths, at = {}, 0
for path in io.lines(os.getenv("BENCHMARK_PATHS")) do paths[#paths + 1] = path end
request = function() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
"""


class Load(NamedTuple):
    per_second: float
    median_ms: float
    p99_ms: float


def client_name() -> str:
    return "wrk" if shutil.which("wrk") else "threads of this process, which use a part of the CPU"


def measure(
    origin: str, paths: list[str], seconds: int, status: int = 200, headers: dict[str, str] | None = None
) -> Load:
    """Request the paths of an origin, such as http://127.0.0.1:8000, in turn, over CONNECTIONS connections.

    Return zeros if there was no response in time.

    Raises ServerError if a response has another status or is empty.
    """
    ask = _ask_with_wrk if shutil.which("wrk") else _ask_with_threads
    return ask(origin, paths, seconds, status, headers or {})


def _ask_with_wrk(origin: str, paths: list[str], seconds: int, status: int, headers: dict[str, str]) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script, tempfile.NamedTemporaryFile("w") as list_of_paths:
        script.write(_SCRIPT)
        list_of_paths.write("".join(f"{path}\n" for path in paths))
        script.flush()
        list_of_paths.flush()
        command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=30s", "--latency", f"-s{script.name}"]
        command += [argument for name, value in headers.items() for argument in ("-H", f"{name}: {value}")]
        report = subprocess.run(
            [*command, f"{origin}/"],
            env=os.environ | {"BENCHMARK_PATHS": list_of_paths.name},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if trouble := re.search(r"Non-2xx or 3xx responses.*|Socket errors.*", report):
        raise ServerError(f"{_name(paths)}: {trouble[0]}")

    def latency(percentile: int) -> float:
        match = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s|m) *$", report, re.MULTILINE)
        assert match, report
        return float(match[1]) * _MILLISECONDS[match[2]]

    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    assert rate, report
    return Load(float(rate[1]), latency(50), latency(99))


def _ask_with_threads(origin: str, paths: list[str], seconds: int, status: int, headers: dict[str, str]) -> Load:
    times: list[float] = []
    errors: list[Exception] = []
    begin = time.perf_counter()

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=30)
        try:
            # Each thread starts at another place in the list.
            for path in islice(cycle(paths), number * len(paths) // CONNECTIONS, None):
                start = time.perf_counter()
                if start - begin > seconds or errors:
                    break
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                check(path, answer.status, len(answer.read()), status)
                times.append(time.perf_counter() - start)
        except (ServerError, OSError, http.client.HTTPException) as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise ServerError(f"{_name(paths)}: {errors[0]}")
    if not times:
        return Load(0, 0, 0)
    elapsed = time.perf_counter() - begin
    times.sort()
    return Load(len(times) / elapsed, statistics.median(times) * 1000, times[len(times) * 99 // 100] * 1000)


def _name(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"one of {len(paths)} addresses, {paths[0]} …"
