"""From an API Gateway event to a handler, and from an exception to a problem.

event ─▶ route ─▶ parameter names checked ─▶ handlers.py ─▶ caching headers, gzip ─▶ answer
                                └──────── an exception ─▶ PROBLEMS ──────┘
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from photo_library.errors import TransientError
from search import page_files
from search.handlers import HANDLERS, Handler, Request, Services
from search.http_caching import DO_NOT_STORE, with_caching
from search.library import CannotCorrect, CannotRestore, NoLongerRestorable, NotRejected, PhotoNotFound
from search.operations import OPERATIONS
from search.parameters import InvalidParameter, check_names
from search.responses import problem, unavailable


def build_routes(services: Services) -> APIGatewayHttpResolver:
    """The HTTP API with these services."""
    app = APIGatewayHttpResolver()
    app.use([_refuse_default_route])
    for key, handler in HANDLERS.items():
        _add_route(app, key, handler, services)
    page_files.add_page(app, services.bucket.origin)
    for error, answer in PROBLEMS.items():
        _add_problem(app, error, answer)
    _add_problem(app, NotFoundError, lambda _: _no_route(app.current_event.http_method, app.current_event.path))
    return app


def _add_route(app: APIGatewayHttpResolver, key: str, handler: Handler, services: Services) -> None:
    operation, (method, path) = OPERATIONS[key], key.split()

    @app.route(path.replace("{id}", "<id_>"), method)
    def respond(id_: str = "") -> Response[Any]:
        # Read from the URL: the event's own map joins several values with commas.
        query = parse_qs(app.current_event.raw_query_string, keep_blank_values=True)
        check_names(query, operation.parameters, kind="parameter")
        response = handler(services, Request(query, _body(app), id_))
        return with_caching(response, operation.cache, app.current_event.headers)


def _add_problem(app: APIGatewayHttpResolver, error: type[Exception], answer: Callable[[Any], Response[str]]) -> None:
    app.exception_handler(error)(lambda raised: with_caching(answer(raised), DO_NOT_STORE, app.current_event.headers))


def _invalid_parameter(error: InvalidParameter) -> Response[str]:
    return problem(HTTPStatus.BAD_REQUEST, str(error), parameter=error.parameter, allowed=error.allowed)


def _photo_not_found(error: PhotoNotFound) -> Response[str]:
    detail = f"No photo has the id {str(error)!r}. It may have been deleted."
    return problem(HTTPStatus.NOT_FOUND, detail, parameter="id", allowed="the id of a photo: 24 hex digits")


PROBLEMS: Mapping[type[Exception], Callable[[Any], Response[str]]] = {
    InvalidParameter: _invalid_parameter,
    PhotoNotFound: _photo_not_found,
    CannotCorrect: lambda error: problem(HTTPStatus.CONFLICT, str(error)),
    CannotRestore: lambda error: problem(HTTPStatus.CONFLICT, str(error)),
    NoLongerRestorable: lambda error: problem(HTTPStatus.GONE, str(error)),
    NotRejected: lambda error: problem(HTTPStatus.CONFLICT, str(error)),
    TransientError: lambda _: unavailable(),
}


def _refuse_default_route(app: APIGatewayHttpResolver, go_on: NextMiddleware) -> Response[Any]:
    """Answer "not found" to what API Gateway sent by its default route, even where Powertools finds a route for it.

    The default route only requires permission to read, and Powertools would take `delete` for DELETE.
    """
    if app.current_event.get("routeKey") == "$default":
        raise NotFoundError
    return go_on(app)


def _no_route(method: str, path: str) -> Response[str]:
    """404 with the existing paths, or 405 with the methods of this path."""
    methods = _methods(path)
    if not methods or method in methods:
        paths = sorted({key.split()[1] for key in OPERATIONS})
        return problem(HTTPStatus.NOT_FOUND, f"{path} does not exist. See `allowed` for the paths.", allowed=paths)
    allow: dict[str, str | list[str]] = {"Allow": ", ".join(methods)}
    if method == "OPTIONS":  # browsers expect success of a preflight; API Gateway adds the CORS headers
        return Response(HTTPStatus.NO_CONTENT, None, "", allow)
    detail = f"{path} supports only {' and '.join(methods)}."
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers=allow, allowed=methods)


def _methods(path: str) -> list[str]:
    """The methods that a path supports."""
    routes = [key.split() for key in (*OPERATIONS, *page_files.ROUTES)]
    patterns = [(method, re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))) for method, template in routes]
    return [method for method, pattern in patterns if re.fullmatch(pattern, path)]


def _body(app: APIGatewayHttpResolver) -> str | None:
    """The request's body; None if it is not text."""
    try:
        return app.current_event.decoded_body
    except ValueError:
        return None
