"""API Gateway's HTTP API: requests in, events of payload format 2.0 to a function, its answers out.

Without authorizers, every process on this machine may call it.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from infra.local.authorizers import Authorizers, Refused
from infra.local.functions import Function, InvocationError
from infra.local.template import ACCOUNT, DEFAULT_ROUTE, Route

# What Lambda takes of a request, as Base64.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD, TOO_LARGE = 6 * 2**20, "Request Entity Too Large"


class HttpApi:
    """The API on a port of its own."""

    def __init__(
        self,
        routes: list[Route],
        functions: dict[str, Function],
        authorizers: Authorizers | None,
        cors: Mapping[str, Any] | None = None,
    ) -> None:
        """`cors` is the template's CorsConfiguration."""
        most_exact_first = sorted(routes, key=lambda route: (route.key == DEFAULT_ROUTE, "+}" in route.key))
        patterns = [(route, _pattern(route.key)) for route in most_exact_first]
        parts = {"routes": patterns, "functions": functions, "authorizers": authorizers, "cors": cors}
        handler = type("Handler", (_Handler,), parts)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Accept no further request."""
        self._server.shutdown()
        self._server.server_close()


def _pattern(key: str) -> re.Pattern[str]:
    """What matches a request's method and path: each {name} is one segment, {name+} is all that follow."""
    if key == DEFAULT_ROUTE:
        return re.compile(".*")
    some = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(key))
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", some))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body leave in two writes
    routes: list[tuple[Route, re.Pattern[str]]]
    functions: dict[str, Function]
    authorizers: Authorizers | None
    cors: Mapping[str, Any] | None

    def _handle(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        for route, pattern in self.routes:
            if match := pattern.fullmatch(f"{self.command} {url.path}"):
                event = self._event(route, url, headers, match.groupdict(), body)
                try:
                    if self.authorizers:
                        self.authorizers.check(route.access, self.command, self.path, headers, body)
                    if self.cors and self.command == "OPTIONS":  # answered here, if its route allows it
                        return self._answer({"statusCode": 204, "headers": self._of_preflight(self.cors)})
                    if len(event.get("body", "")) > MAX_PAYLOAD:
                        return self._answer({"statusCode": 413, "body": json.dumps({"message": TOO_LARGE})})
                    return self._answer(self.functions[route.function].invoke(event))
                except Refused as refusal:
                    return self._answer({"statusCode": refusal.status, "body": json.dumps({"message": str(refusal)})})
                except InvocationError:
                    return self._answer({"statusCode": 500, "body": json.dumps({"message": "Internal Server Error"})})
        return self._answer({"statusCode": 404, "body": json.dumps({"message": "Not Found"})})

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Accept any method, as API Gateway does: http.server looks for do_TRACE and the like."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _event(
        self, route: Route, url: SplitResult, headers: dict[str, str], parameters: dict[str, str], body: bytes
    ) -> dict[str, Any]:
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(url.query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": url.path,
            "rawQueryString": url.query,
            "headers": headers,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "domainName": self.headers.get("Host", ""),
                "domainPrefix": "local",
                "http": {
                    "method": self.command,
                    "path": url.path,
                    "protocol": self.request_version,
                    "sourceIp": self.client_address[0],
                    "userAgent": self.headers.get("User-Agent", ""),
                },
                "requestId": f"{time.time_ns():x}",
                "routeKey": route.key,
                "stage": "$default",
                "time": self.log_date_time_string(),
                "timeEpoch": int(time.time() * 1000),
            },
            "isBase64Encoded": bool(body),
        }
        if values:
            event["queryStringParameters"] = {name: ",".join(several) for name, several in values.items()}
        if parameters:
            event["pathParameters"] = parameters
        if body:
            event["body"] = base64.b64encode(body).decode()
        return event

    def _of_preflight(self, cors: Mapping[str, Any]) -> dict[str, str]:
        if self.headers.get("Origin") not in cors["AllowOrigins"]:
            return {}
        return {
            "Access-Control-Allow-Methods": ",".join(cors["AllowMethods"]),
            "Access-Control-Allow-Headers": ",".join(cors["AllowHeaders"]),
            "Access-Control-Max-Age": str(cors["MaxAge"]),
        }

    def _of_origin(self) -> dict[str, str]:
        """The CORS headers of every response to a script of another page."""
        origin = self.headers.get("Origin")
        if not self.cors or origin is None or origin not in self.cors["AllowOrigins"]:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": ",".join(self.cors["ExposeHeaders"]),
        }

    def _answer(self, answer: Any) -> None:
        text = answer.get("body") or ""
        body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        self.send_response(answer["statusCode"])
        headers = {"Content-Type": "application/json"} | answer.get("headers", {}) | self._of_origin()
        for name, value in headers.items():
            self.send_header(name, value)
        for cookie in answer.get("cookies", []):
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
