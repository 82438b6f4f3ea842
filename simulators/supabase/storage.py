"""A Supabase project's storage, strict: buckets, files, and URLs that are signed for a while.

Routes and answers are those of storage-api (github.com/supabase/storage): most refusals are HTTP
400 with the true status as text in the body. Files are kept in memory.
"""

import json
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_MOST_BYTES = 50 * 1024 * 1024
"""What a project of the free plan takes in one file."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class StoredFile:
    """One file."""

    data: bytes
    content_type: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class StoredBucket:
    """One bucket: its files by their paths."""

    name: str
    public: bool = False
    files: dict[str, StoredFile] = field(default_factory=dict)


class StorageSimulator:
    """The storage at `/storage/v1`."""

    def __init__(self, secret_key: str, *buckets: StoredBucket) -> None:
        """Take the project's secret key, and its buckets."""
        self._key = secret_key
        self.buckets = {bucket.name: bucket for bucket in buckets}
        self.is_away = False
        """Every request is answered 503."""
        self.violations: list[str] = []
        """What no client may do."""
        self._tokens: dict[str, tuple[str, str, str, float]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        at = "/storage/v1"
        with_key, signed = self._with_key, self._signed
        return [
            web.get(f"{at}/bucket/{{bucket}}", with_key(self._show_bucket)),
            web.get(f"{at}/object/info/{{bucket}}/{{path:.+}}", with_key(self._show)),
            web.post(f"{at}/object/upload/sign/{{bucket}}/{{path:.+}}", with_key(self._sign_put)),
            web.put(f"{at}/object/upload/sign/{{bucket}}/{{path:.+}}", signed("put", self._put)),
            web.post(f"{at}/object/sign/{{bucket}}/{{path:.+}}", with_key(self._sign_get)),
            web.get(f"{at}/object/sign/{{bucket}}/{{path:.+}}", signed("get", self._get)),
            web.delete(f"{at}/object/{{bucket}}", with_key(self._remove)),
        ]

    # --- who may ---

    def _with_key(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if self.is_away:
                return web.Response(status=503)
            given = (request.headers.get("apikey"), request.headers.get("Authorization"))
            if given != (self._key, f"Bearer {self._key}"):
                return _refusal("403", "Unauthorized", "Invalid Compact JWS")
            if request.match_info["bucket"] not in self.buckets:
                return _refusal("404", "Bucket not found", "Bucket not found")
            return await handler(request)

        return guarded

    def _signed(self, act: str, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if self.is_away:
                return web.Response(status=503)
            if request.headers.get("Authorization") or request.headers.get("apikey"):
                # such a URL is made to be handed on: whoever sends the key along may lose it
                self.violations.append("the secret key was sent along with a signed URL")
            known = self._tokens.get(request.query.get("token", ""))
            info = request.match_info
            if known is None or known[:3] != (act, info["bucket"], info["path"]):
                return _refusal("400", "InvalidJWT", "signature verification failed")
            if known[3] < time.monotonic():
                return _refusal("400", "InvalidJWT", '"exp" claim timestamp check failed')
            return await handler(request)

        return guarded

    # --- buckets and files ---

    def _files(self, request: web.Request) -> dict[str, StoredFile]:
        return self.buckets[request.match_info["bucket"]].files

    async def _show_bucket(self, request: web.Request) -> web.Response:
        bucket = self.buckets[request.match_info["bucket"]]
        at = "2026-11-27T12:00:00.000Z"
        return web.json_response(
            {"id": bucket.name, "name": bucket.name, "owner": "", "public": bucket.public}
            | {"file_size_limit": None, "allowed_mime_types": None, "type": "STANDARD"}
            | {"created_at": at, "updated_at": at}
        )

    async def _show(self, request: web.Request) -> web.Response:
        file = self._files(request).get(path := request.match_info["path"])
        if file is None:
            return _not_found()
        return web.json_response(
            {"id": file.id, "name": path, "bucket_id": request.match_info["bucket"]}
            | {"size": len(file.data), "content_type": file.content_type, "metadata": {}}
        )

    async def _sign_put(self, request: web.Request) -> web.Response:
        if request.match_info["path"] in self._files(request):
            return _refusal("409", "Duplicate", "The resource already exists")
        token = self._token("put", request, 2 * 3600)
        info = request.match_info
        path = f"/object/upload/sign/{info['bucket']}/{info['path']}"
        return web.json_response({"url": f"{path}?token={token}", "token": token})

    async def _put(self, request: web.Request) -> web.Response:
        bucket, path = request.match_info["bucket"], request.match_info["path"]
        if request.content_length is None:
            self.violations.append("a file came without its length")
        if request.content_type == "application/octet-stream":
            self.violations.append("a file came without its type")
        data = bytearray()
        async for chunk in request.content.iter_any():
            data += chunk
            if len(data) > _MOST_BYTES:
                said = "The object exceeded the maximum allowed size"
                return _refusal("413", "Payload too large", said)
        if path in self.buckets[bucket].files:
            return _refusal("409", "Duplicate", "The resource already exists")
        self.buckets[bucket].files[path] = StoredFile(bytes(data), request.content_type)
        return web.json_response({"Key": f"{bucket}/{path}"})

    async def _sign_get(self, request: web.Request) -> web.Response:
        body = await request.json()
        try:
            lasts_s = int(body["expiresIn"])
        except (KeyError, TypeError, ValueError):
            return _refusal("400", "Error", "body must have required property 'expiresIn'")
        if request.match_info["path"] not in self._files(request):
            return _not_found()
        token, info = self._token("get", request, lasts_s), request.match_info
        path = f"/object/sign/{info['bucket']}/{info['path']}"
        return web.json_response({"signedURL": f"{path}?token={token}"})

    async def _get(self, request: web.Request) -> web.Response:
        file = self._files(request).get(request.match_info["path"])
        if file is None:
            return _not_found()
        whole = len(file.data)
        try:
            part = request.http_range
        except ValueError:
            part = slice(whole, None)
        headers = {"Accept-Ranges": "bytes", "Content-Type": file.content_type}
        if part.start is None:
            return web.Response(body=file.data, headers=headers)
        first, end, _ = part.indices(whole)
        if first >= whole:
            headers["Content-Range"] = f"bytes */{whole}"
            return web.Response(status=416, headers=headers)
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{whole}"
        return web.Response(status=206, body=file.data[first:end], headers=headers)

    async def _remove(self, request: web.Request) -> web.Response:
        prefixes = (await request.json())["prefixes"]
        files = self._files(request)
        gone = [name for name in prefixes if files.pop(name, None) is not None]
        return web.json_response([{"name": name} for name in gone])

    def _token(self, act: str, request: web.Request, lasts_s: int) -> str:
        token, info = secrets.token_urlsafe(16), request.match_info
        until = time.monotonic() + lasts_s
        self._tokens[token] = (act, info["bucket"], info["path"], until)
        return token


def _refusal(status: str, error: str, message: str) -> web.Response:
    body: dict[str, Any] = {"statusCode": status, "error": error, "message": message}
    return web.Response(status=400, text=json.dumps(body), content_type="application/json")


def _not_found() -> web.Response:
    return _refusal("404", "not_found", "Object not found")
