"""The API's description: its routes, their parameters and bodies, and their answers.

routes.py checks requests' parameter names by OPERATIONS, openapi.json is generated from it, and tests validate every
answer against it. To add a route, describe it here, add its handler to handlers.py and its event to template.yaml:

    OPERATIONS["DELETE /photos/{id}"] = Operation("Delete a photo", answers={202: {...}}, problems=(404,))
    HANDLERS["DELETE /photos/{id}"] = delete_photo

then `make openapi` regenerates openapi.json and the page at /docs, with examples recorded from a local cloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photo_library.formats import CONTENT_TYPES, MAX_BYTES_IN_REQUEST
from photo_library.photo import COLORS, REASONS, TYPES
from search.bodies import CORRECTION, TITLE
from search.http_caching import DO_NOT_STORE
from search.uploads import UPLOAD

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One route: its parameters' names, its body, its answers by status, and the problems beside 400 and 503."""

    summary: str
    answers: Mapping[int, Schema]
    parameters: tuple[str, ...] = ()
    body: Schema | None = None
    body_types: tuple[str, ...] = ("application/json",)
    problems: tuple[int, ...] = ()
    cache: str = DO_NOT_STORE  # the answer's Cache-Control
    content_type: str = "application/json"


def _object(properties: Mapping[str, Schema], optional: str = "") -> Schema:
    """An object with exactly these properties; those named in `optional` may be missing."""
    required = [name for name in properties if name not in optional.split()]
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _map_of(names: tuple[str, ...], schema: Schema) -> Schema:
    """An object whose keys are some of these names."""
    return {"type": "object", "propertyNames": {"enum": list(names)}, "additionalProperties": schema}


def _one_of(*names: str) -> Schema:
    return {"type": "string", "enum": list(names)}


def _described(description: str, schema: Schema) -> Schema:
    return {"description": description, **schema}


TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Schema = {"type": "string", "format": "date-time"}
URL: Schema = {"type": "string", "format": "uri"}
PHOTO_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
TYPE, COLOR = _one_of(*TYPES), _one_of(*COLORS)
PROBABILITIES = _map_of(TYPES, PROBABILITY)
TOTAL = _described(
    "how many photos there are, whatever the page; a lower bound unless `exact` is true",
    _object({"photos": COUNT, "exact": {"type": "boolean"}}),
)
BACKEND = _described("the store that answered", _one_of("tigergraph", "mongodb"))

_PHOTO: dict[str, Schema] = {
    "id": PHOTO_ID,
    "title": TEXT,
    "status": _one_of("classified", "rejected", "deleted"),
    "types": _described("the types it shows with their probabilities, the most probable first", PROBABILITIES),
    "types_source": _described("who assigned the types", _one_of("model", "person")),
    "colors": _described("the garment's main colours, the most prominent first", _list_of(COLOR)),
    "reason": _described("why it was rejected", _one_of(*REASONS)),
    "detail": _described("the reason in words", TEXT),
    "size": _described("bytes", COUNT),
    "width": _described("pixels, after rotation", COUNT),
    "height": COUNT,
    "format": TEXT,
    "uploaded_at": MOMENT,
    "taken_at": _described("the camera's local time, with its offset from UTC if it is known", TEXT),
    "truncated": _described("the file is incomplete: only a part of the picture could be read", {"const": True}),
    "url": _described("the original picture; valid for an hour", URL),
    "preview_url": _described(
        "a WebP of up to 2,048 pixels, only where browsers can't show the original's format; valid as long", URL
    ),
    "thumbnail_url": _described("its thumbnail, a WebP of up to 480 pixels; valid for two to four hours", URL),
}
_SOMETIMES = (
    "title types types_source colors reason detail size width height format taken_at truncated thumbnail_url "
    "preview_url"
)


def _photo(more: Mapping[str, Schema], optional: str = "") -> Schema:
    return _object(_PHOTO | dict(more), f"{_SOMETIMES} {optional}")


_A_PHOTO = _photo({})
_FACET = {
    name: _object({"exact": {"type": "boolean"}, "photos": _map_of(names, COUNT)})
    for name, names in (("type", TYPES), ("color", COLORS))
}
_LIKENESS = _described(
    "how much it looks like the photo, in garment and colour: about 1 if nothing differs, 0 if everything does",
    {"type": "number", "minimum": -2, "maximum": 1},
)
_COMPARED = _described(
    "how many photos were compared to find the most alike, and which: `all` that meet the conditions; those that "
    "a `vector_index` or other indexes gave as `candidates`, so that a photo may be missing; or `nothing`, because the "
    "photo to compare with has no embedding of this version: reclassify it",
    _object({"by": _one_of("all", "vector_index", "candidates", "nothing"), "photos": COUNT}),
)
_FOUND = _photo(
    {
        "score": _described("how well it matches, rounded to six digits", PROBABILITY),
        "matched": _described("the requested types that it shows", PROBABILITIES),
        "matched_colors": _described("the requested colours that it has", _list_of(COLOR)),
        "matched_words": _described("the words of its title or file name that match `q`", _list_of(TEXT)),
        "likeness": _LIKENESS,
        "copies": _described("with `duplicates=hide`: how many photos with the same bytes are found", COUNT),
    },
    optional="matched_colors matched_words likeness copies",
)
_DELETED = _photo(
    {
        "deleted_at": MOMENT,
        "restorable_until": _described("when the file is deleted for good", MOMENT),
    }
)
_RELATED = _photo({"likeness": _LIKENESS})
_STORE = _object({"state": _one_of("up", "down"), "latency_ms": {"type": "number", "minimum": 0}})
_STORES = _object({"mongodb": _STORE, "tigergraph": _STORE})

PROBLEM = _object(
    {
        "type": TEXT,
        "title": TEXT,
        "status": COUNT,
        "detail": _described("what is wrong, and what to do", TEXT),
        "parameter": _described("the invalid parameter or field", TEXT),
        "allowed": _described("its allowed values", {}),
        "reason": _described("only from /classify: what is wrong with the picture", _one_of(*REASONS)),
        "stores": _described("only from /health", _STORES),
    },
    optional="parameter allowed reason stores",
)
# What API Gateway answers by itself, and when.
REFUSAL = {"type": "object", "required": ["message"], "properties": {"message": TEXT}}
REFUSALS: Mapping[int, str] = {
    401: "if a token is required",
    403: "if a signature is required",
    429: "if there are too many requests",
}
# Schemas with a name of their own in openapi.json.
SCHEMAS: Mapping[str, Schema] = {
    "Photo": _A_PHOTO,
    "FoundPhoto": _FOUND,
    "RelatedPhoto": _RELATED,
    "DeletedPhoto": _DELETED,
    "Stores": _STORES,
    "Problem": PROBLEM,
    "Refusal": REFUSAL,
}

OPERATIONS: Mapping[str, Operation] = {
    "GET /search": Operation(
        "Search photos by type, colour, words or date",
        {
            200: _object(
                {
                    "type": _list_of(TYPE),
                    "match": _one_of("any", "all"),
                    "not": _list_of(_one_of(*TYPES, *COLORS)),
                    "min_probability": PROBABILITY,
                    "color": _list_of(COLOR),
                    "q": TEXT,
                    "from": MOMENT,
                    "before": _described("just after `to`", MOMENT),
                    "untyped": {"type": "boolean"},
                    "duplicates": {"const": "hide"},
                    "like": _described("the photo's id, or the embedding", TEXT),
                    "status": {"const": "rejected"},
                    "sort": _one_of("relevance", "newest", "oldest", "taken", "likeness"),
                    "limit": COUNT,
                    "ignored": _described(
                        "words of `q` that were ignored because no matching photo contains them",
                        _list_of(TEXT),
                    ),
                    "corrected": _described(
                        "corrected words of `q`, each with its correction",
                        {"type": "object", "additionalProperties": TEXT},
                    ),
                    "backend": BACKEND,
                    "compared": _COMPARED,
                    "total": TOTAL,
                    "photos": _list_of(_FOUND),
                    "next": _described("the cursor for the next page; missing on the last page", TEXT),
                    "facets": _described(
                        "how many photos the search would find with each type or colour added to its own; a lower "
                        "bound unless `exact` is true",
                        _object(_FACET),
                    ),
                },
                optional="color q from before untyped duplicates like status ignored corrected compared next facets",
            )
        },
        parameters=(
            *("type", "match", "not", "min_probability", "color", "q", "from", "to", "untyped", "like", "duplicates"),
            *("status", "sort", "limit", "cursor", "facets"),
        ),
    ),
    "GET /photos/{id}": Operation(
        "Get one photo",
        {
            200: _photo(
                {
                    "download_url": _described("the original picture as a download", URL),
                    "duplicates": _described("other photos with the same bytes, the oldest first", _list_of(PHOTO_ID)),
                    "updated_at": _described("when the library last stored a state of the photo", MOMENT),
                },
                optional="duplicates",
            )
        },
        problems=(404,),
    ),
    "GET /photos/{id}/related": Operation(
        "Similar garments, the most similar first",
        {
            200: _object(
                {
                    "id": PHOTO_ID,
                    "limit": COUNT,
                    "backend": BACKEND,
                    "compared": _COMPARED,
                    "photos": _list_of(_RELATED),
                }
            )
        },
        parameters=("limit",),
        problems=(404,),
    ),
    "DELETE /photos/{id}": Operation(
        "Delete a photo: its file at once, everything else within seconds",
        {
            202: _object(
                {
                    "id": PHOTO_ID,
                    "restorable_until": _described("missing if the bucket has no versions", MOMENT),
                },
                optional="restorable_until",
            )
        },
        problems=(404,),
    ),
    "POST /photos/{id}/restore": Operation(
        "Undo the deletion of a photo",
        {202: _object({"id": PHOTO_ID})},
        problems=(404, 409, 410),
    ),
    "GET /trash": Operation(
        "Deleted photos that can be restored, the last deleted first",
        {
            200: _object(
                {
                    "limit": COUNT,
                    "total": TOTAL,
                    "photos": _list_of(_DELETED),
                    "next": _described("the cursor for the next page; missing on the last page", TEXT),
                },
                optional="next",
            )
        },
        parameters=("limit", "cursor"),
    ),
    "POST /photos/{id}/retry": Operation(
        "Have a rejected photo processed again",
        {202: _object({"id": PHOTO_ID, "updated_at": _described("the photo's, which the result will change", MOMENT)})},
        problems=(404, 409),
    ),
    "PUT /photos/{id}/types": Operation(
        "Correct what a photo shows",
        {200: _A_PHOTO},
        body=CORRECTION,
        problems=(404, 409),
    ),
    "PUT /photos/{id}/title": Operation(
        "Change a photo's title",
        {200: _A_PHOTO},
        body=TITLE,
        problems=(404, 409),
    ),
    "POST /uploads": Operation(
        "Get a form for uploading one file directly to the bucket",
        {
            201: _object(
                {
                    "id": _described("the photo's future id", PHOTO_ID),
                    "key": TEXT,
                    "url": _described("where to post the form", URL),
                    "fields": _described(
                        "the form's fields; the file follows as the last field, `file`",
                        {"type": "object", "additionalProperties": TEXT},
                    ),
                    "max_bytes": _described("the largest file accepted", COUNT),
                    "expires_in": _described("seconds", COUNT),
                }
            )
        },
        body=UPLOAD,
    ),
    "POST /classify": Operation(
        "Say what a picture shows, without keeping anything of it",
        {
            200: _object(
                {
                    "types": _PHOTO["types"],
                    "colors": _PHOTO["colors"],
                    "embedding": _described("what it looks like, as a value of `like` in `GET /search`", TEXT),
                    **{name: _PHOTO[name] for name in ("format", "width", "height", "truncated")},
                },
                optional="truncated",
            )
        },
        body=_described(f"The picture's file itself, up to {MAX_BYTES_IN_REQUEST:,} bytes.", {}),
        body_types=tuple(CONTENT_TYPES),
        problems=(413, 415, 422),
    ),
    "GET /types": Operation(
        "Count photos by type, with the mean probability of each",
        {
            200: _object(
                {
                    "min_probability": PROBABILITY,
                    "backend": BACKEND,
                    "types": _list_of(
                        _object(
                            {
                                "type": TYPE,
                                "photos": COUNT,
                                "mean_probability": _described(
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
    "GET /library": Operation(
        "List the library's types, colours and accepted file formats",
        {
            200: _object(
                {
                    "types": _list_of(TYPE),
                    "colors": _list_of(
                        _object({"name": COLOR, "hex": {"type": "string", "pattern": "^#[0-9a-f]{6}$"}})
                    ),
                    "formats": _described(
                        "content types, each with its file endings",
                        {"type": "object", "additionalProperties": _list_of(TEXT)},
                    ),
                    "max_bytes": _described("the size limit of a file", COUNT),
                }
            )
        },
        cache="public, max-age=300",
    ),
    "GET /health": Operation(
        "Check the stores; 200 if searches can be answered",
        {
            200: _object(
                {
                    "status": _described(
                        "`degraded` while MongoDB answers searches in place of TigerGraph", _one_of("ok", "degraded")
                    ),
                    "backend": BACKEND,
                    "stores": _STORES,
                }
            )
        },
    ),
    "GET /openapi.json": Operation("This description", {200: {"type": "object"}}, cache="public, max-age=300"),
    "GET /docs": Operation(
        "This description as a web page", {200: TEXT}, cache="public, max-age=300", content_type="text/html"
    ),
}
