"""The step from the catalog to the type graph."""

from collections.abc import Collection, Sequence

from photo_library.catalog.port import PhotoCatalog
from photo_library.photo import Photo
from photo_library.type_graph.port import TypeGraph


def sync(catalog: PhotoCatalog, graph: TypeGraph, photos: Sequence[Photo], new: Collection[str] = ()) -> None:
    """Make the graph hold what the catalog says of `photos`, and note it there.

    A newer event may overtake this write on its way to the graph; then the newer state is written once more.
    `new` names photos that are not in the graph.
    """
    while photos:
        graph.write({photo.id: photo.types for photo in photos if photo.status == "classified"}, new)
        graph.remove([photo.id for photo in photos if photo.status != "classified" and photo.id not in new])
        photos = catalog.mark_synced(photos)
        new = ()
