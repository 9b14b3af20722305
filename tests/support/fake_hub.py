"""A server on 127.0.0.1 that speaks as much of the Hugging Face Hub's protocol as tests need."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHA = "a" * 40


@dataclass
class FakeHub:
    """Repositories as {id: {path: content}}; `refuse` is a status that every write gets."""

    url: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refuse: int = 0
    hardware: str = "cpu-basic"  # of every Space
    statuses: dict[str, int] = field(default_factory=dict)  # what reading a repository gets
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)  # said in place of the true
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)  # of the requests, empty for none


@contextmanager
def serve_hub() -> Iterator[FakeHub]:
    """A running hub; its address is in `url`."""
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _tree(files: dict[str, bytes], inside: str, *, is_recursive: bool) -> list[dict[str, Any]]:
    """What the Hub lists of a repository's folder."""
    start = f"{inside}/" if inside else ""
    entries: dict[str, dict[str, Any]] = {}
    for path, content in sorted(files.items()):
        if not path.startswith(start):
            continue
        folder, _, rest = path.removeprefix(start).partition("/")
        if rest and not is_recursive:
            entries[start + folder] = {"type": "directory", "path": start + folder, "oid": SHA}
        else:
            size = len(content)
            entries[path] = {"type": "file", "path": path, "size": size, "oid": SHA}
    return list(entries.values())


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, status: int, content: Any = b"", **headers: str) -> None:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            hub.tokens.append(self.headers.get("authorization", ""))
            path = self.path.partition("?")[0].replace("%2F", "/").replace("/datasets/", "/", 1)
            if path.startswith("/api/") and "/datasets/" in self.path:
                path = path.replace("/api/", "/api/datasets/")
            for name, status in hub.statuses.items():
                if name in path:
                    code = {"X_Error_Code": "GatedRepo"} if status == 403 else {}
                    return self._answer(status, {"error": "refused"}, **code)
            if path == "/api/whoami-v2":
                return self._answer(200, {"name": "somebody", "type": "user", "orgs": []})
            if path.endswith("/runtime"):
                hardware = {"current": hub.hardware, "requested": hub.hardware}
                return self._answer(200, {"stage": "RUNNING", "hardware": hardware})
            if path.startswith(("/api/models/", "/api/spaces/", "/api/datasets/")):
                name = "/".join(path.split("/")[3:5])
                files = hub.repositories.get(name)
                if files is None:
                    return self._answer(404, {"error": "x"}, X_Error_Code="RepoNotFound")
                if "/tree/" in path:
                    inside = path.partition("/tree/")[2].partition("/")[2]
                    whole = "recursive=false" not in self.path.lower()
                    return self._answer(200, _tree(files, inside, is_recursive=whole))
                siblings = [
                    {
                        "rfilename": file,
                        "size": hub.sizes.get((name, file), len(content)),
                        "blobId": SHA,
                    }
                    for file, content in sorted(files.items())
                ]
                return self._answer(200, {"id": name, "sha": SHA, "siblings": siblings})
            if path.count("/") < 4:
                return self._answer(404)
            _, owner, name, _resolve, _revision, *rest = path.split("/")
            files = hub.repositories.get(f"{owner}/{name}", {})
            if "/".join(rest) not in files:
                return self._answer(404, X_Error_Code="EntryNotFound")
            content = files["/".join(rest)]
            tag = f'"{abs(hash(content))}"'
            return self._answer(200, content, ETag=tag, X_Repo_Commit=SHA)

        def do_POST(self) -> None:
            hub.asked.append(f"POST {self.path}")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.partition("?")[0]
            if hub.refuse:
                return self._answer(hub.refuse, {"error": "refused"})
            if path == "/api/validate-yaml":
                return self._answer(200, {"errors": [], "warnings": []})
            if path == "/api/repos/create":
                asked = json.loads(body)
                name = f"{asked['organization']}/{asked['name']}"
                hub.repositories.setdefault(name, {})
                return self._answer(200, {"url": f"{hub.url}/{name}", "id": name})
            name = "/".join(path.split("/")[3:5])
            if path.endswith("/hardware"):
                hub.hardware = json.loads(body)["flavor"]
                hardware = {"current": hub.hardware, "requested": hub.hardware}
                return self._answer(200, {"stage": "RUNNING", "hardware": hardware})
            if "/preupload/" in path:
                files = [
                    {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for file in json.loads(body)["files"]
                ]
                return self._answer(200, {"files": files})
            for line in body.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "deletedFile":
                    del hub.repositories[name][entry["value"]["path"]]
                if entry["key"] == "file":
                    value = entry["value"]
                    content = base64.b64decode(value["content"])
                    hub.repositories[name][value["path"]] = content
            answer = {"commitUrl": f"{hub.url}/{name}/commit/{SHA}", "commitOid": SHA}
            return self._answer(200, {**answer, "hookOutput": ""})

    return Handler
