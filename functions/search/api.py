"""The API as a table: its routes, their parameters and bodies, and what they answer.

Requests are routed and their parameters' names checked by OPERATIONS, and openapi.json is written from it; every answer
that a test gets is checked against it. A new route is described here, answered in routes.py and named in template.yaml:

    OPERATIONS["DELETE /photos/{id}"] = Operation("Delete a photo", answers={202: {...}}, problems=(404,))

    @route("DELETE /photos/{id}")                            in routes.py; the first argument is the query,
    def delete_photo(query: Query, id_: str) -> Response:    the others are what stands in braces

then `make openapi` writes openapi.json and the page of /docs anew, with examples that it asks a local cloud for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photo_library.photo import COLORS, REASONS, TYPES
from search.changes import SAID, UPLOAD
from search.packing import NOT_KEPT

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One route: the names of its parameters, its body, what it answers by status, and with which problems."""

    summary: str
    answers: Mapping[int, Schema]
    parameters: tuple[str, ...] = ()
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    cache: str = NOT_KEPT  # for how long a caller may keep the answer
    kind: str = "application/json"


def _object(properties: Mapping[str, Schema], optional: str = "") -> Schema:
    """An object with these properties and no others; all of them, but for those named as optional."""
    required = [name for name in properties if name not in optional.split()]
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _some(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _by_name(names: tuple[str, ...], schema: Schema) -> Schema:
    """An object with some of these names as keys."""
    return {"type": "object", "propertyNames": {"enum": list(names)}, "additionalProperties": schema}


def _one_of(*names: str) -> Schema:
    return {"type": "string", "enum": list(names)}


def _said(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Schema = {"type": "string", "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
PHOTO_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
TYPE, COLOR = _one_of(*TYPES), _one_of(*COLORS)
PROBABILITIES = _by_name(TYPES, PROBABILITY)
BACKEND = _said("the store that was asked", _one_of("tigergraph", "mongodb"))

_PHOTO: dict[str, Schema] = {
    "id": PHOTO_ID,
    "title": TEXT,
    "status": _one_of("classified", "rejected"),
    "types": _said("what it shows, the most probable first", PROBABILITIES),
    "types_source": _said("whose word the types are", _one_of("model", "person")),
    "colors": _said("the garment's main colours, the first first", _some(COLOR)),
    "reason": _said("why it was rejected", _one_of(*REASONS)),
    "detail": _said("the reason for a person", TEXT),
    "size": _said("bytes", COUNT),
    "width": _said("pixels, upright", COUNT),
    "height": COUNT,
    "format": TEXT,
    "uploaded_at": MOMENT,
    "taken_at": _said("the camera's local time", TEXT),
    "url": _said("where the picture is, for an hour", URL),
    "thumbnail_url": _said("where its thumbnail is, a WebP of up to 480 pixels, for two to four hours", URL),
}
_SOMETIMES = "title types types_source colors reason detail size width height format taken_at thumbnail_url"


def _photo(more: Mapping[str, Schema], optional: str = "") -> Schema:
    return _object(_PHOTO | dict(more), f"{_SOMETIMES} {optional}")


_A_PHOTO = _photo({})
_FACET = {
    name: _object({"exact": {"type": "boolean"}, "photos": _by_name(names, COUNT)})
    for name, names in (("type", TYPES), ("color", COLORS))
}
_FOUND = _photo(
    {
        "score": _said("how well it matches: six digits", PROBABILITY),
        "matched": _said("the types that it was found for", PROBABILITIES),
        "matched_colors": _said("the colours that it was found for, where some were asked for", _some(COLOR)),
        "matched_words": _said("the words that it was found by, where some were asked for", _some(TEXT)),
    },
    optional="matched_colors matched_words",
)
_RELATED = _photo(
    {
        "likeness": _said("a cosine", {"type": "number", "minimum": -1, "maximum": 1}),
        "compared": _said("of the model's embeddings, or where one lacks of the types", _one_of("embedding", "types")),
    }
)
_STORE = _object({"state": _one_of("up", "down"), "latency_ms": {"type": "number", "minimum": 0}})
_STORES = _object({"mongodb": _STORE, "tigergraph": _STORE})

PROBLEM = _object(
    {
        "type": TEXT,
        "title": TEXT,
        "status": COUNT,
        "detail": _said("what was wrong, and what would be right", TEXT),
        "parameter": _said("the parameter that was wrong", TEXT),
        "allowed": _said("what it accepts", {}),
        "stores": _said("only of /health", _STORES),
    },
    optional="parameter allowed stores",
)
# What API Gateway says itself, and when.
REFUSAL = {"type": "object", "required": ["message"], "properties": {"message": TEXT}}
REFUSALS: Mapping[int, str] = {
    401: "where a token is asked for",
    403: "where a signature is asked for",
    429: "to more requests than the API takes",
}
# What has a name of its own in openapi.json.
SCHEMAS: Mapping[str, Schema] = {
    "Photo": _A_PHOTO,
    "FoundPhoto": _FOUND,
    "RelatedPhoto": _RELATED,
    "Stores": _STORES,
    "Problem": PROBLEM,
    "Refusal": REFUSAL,
}

OPERATIONS: Mapping[str, Operation] = {
    "GET /search": Operation(
        "Photos that show garments of some types, or of some colours, titles or dates",
        {
            200: _object(
                {
                    "type": _some(TYPE),
                    "match": _one_of("all", "any"),
                    "not": _some(TYPE),
                    "min_probability": PROBABILITY,
                    "color": _some(COLOR),
                    "q": TEXT,
                    "from": MOMENT,
                    "before": _said("the moment after `to`", MOMENT),
                    "untyped": {"type": "boolean"},
                    "sort": _one_of("relevance", "newest"),
                    "limit": COUNT,
                    "backend": BACKEND,
                    "photos": _some(_FOUND),
                    "next": _said("the cursor for the next page; the last has none", TEXT),
                    "facets": _said(
                        "photos by type and by colour, counted with all conditions but their own; at least so many "
                        "where they are not exact",
                        _object(_FACET),
                    ),
                },
                optional="color q from before untyped next facets",
            )
        },
        parameters=(
            *("type", "match", "not", "min_probability", "color", "q", "from", "to", "untyped"),
            *("sort", "limit", "cursor", "facets"),
        ),
    ),
    "GET /photos/{id}": Operation(
        "One photo; a rejected one says why",
        {200: _photo({"download_url": _said("the same, to be saved", URL)})},
        problems=(404,),
    ),
    "GET /photos/{id}/related": Operation(
        "Garments alike, the most alike first",
        {200: _object({"id": PHOTO_ID, "limit": COUNT, "backend": BACKEND, "photos": _some(_RELATED)})},
        parameters=("limit",),
        problems=(404,),
    ),
    "DELETE /photos/{id}": Operation(
        "Delete a photo: its object now, everything about it in the next moments",
        {202: _object({"id": PHOTO_ID})},
        problems=(404,),
    ),
    "PUT /photos/{id}/types": Operation(
        "Say what a photo really shows",
        {200: _A_PHOTO},
        body=SAID,
        problems=(404, 409),
    ),
    "POST /uploads": Operation(
        "A form with which a browser sends one file straight to the bucket",
        {
            201: _object(
                {
                    "id": _said("the id that the photo will have", PHOTO_ID),
                    "key": TEXT,
                    "url": _said("where the form is posted", URL),
                    "fields": _said(
                        "the form's fields, before the file as `file`", {"type": "object", "additionalProperties": TEXT}
                    ),
                    "max_bytes": _said("the largest file that is accepted", COUNT),
                    "expires_in": _said("seconds", COUNT),
                }
            )
        },
        body=UPLOAD,
    ),
    "GET /types": Operation(
        "The ten types with how many photos show each, and with which probability on average",
        {
            200: _object(
                {
                    "min_probability": PROBABILITY,
                    "backend": BACKEND,
                    "types": _some(
                        _object(
                            {
                                "type": TYPE,
                                "photos": COUNT,
                                "mean_probability": _said(
                                    "null without photos", {"type": ["number", "null"], "minimum": 0, "maximum": 1}
                                ),
                            }
                        )
                    ),
                }
            )
        },
        parameters=("min_probability",),
        cache="private, max-age=5",
    ),
    "GET /health": Operation(
        "How each store is; 200 when searches can be answered",
        {
            200: _object(
                {
                    "status": _said("`degraded` while searches do without TigerGraph", _one_of("ok", "degraded")),
                    "backend": BACKEND,
                    "stores": _STORES,
                }
            )
        },
    ),
    "GET /openapi.json": Operation("This description", {200: {"type": "object"}}, cache="public, max-age=300"),
    "GET /docs": Operation("This description, to be read", {200: TEXT}, cache="public, max-age=300", kind="text/html"),
}
