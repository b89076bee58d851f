"""The step from the catalog to the type graph (decisions 12 and 13)."""

from collections.abc import Collection, Sequence

from photo_library.catalog.port import PhotoCatalog
from photo_library.photo import Photo
from photo_library.type_graph.port import TypeGraph


def sync(catalog: PhotoCatalog, graph: TypeGraph, photos: Sequence[Photo], new: Collection[str] = ()) -> list[Photo]:
    """Write the types of `photos`, as the catalog has them, to the graph, and mark them as synced in the catalog.

    If a newer event changes a photo meanwhile, the newer state is written as well. `new` holds the ids of photos that
    are not in the graph. Returns the photos that were marked. Raises TypeGraphUnavailable and CatalogUnavailable.
    """
    synced: list[Photo] = []
    while photos:
        graph.write({photo.id: photo.types for photo in photos if photo.status == "classified"}, new)
        graph.remove([photo.id for photo in photos if photo.status != "classified" and photo.id not in new])
        changed = catalog.mark_synced(photos)
        changed_ids = {photo.id for photo in changed}
        synced += [photo for photo in photos if photo.id not in changed_ids]
        photos, new = changed, ()
    return synced
