// The open photo over the gallery, and what follows when it is closed, or corrected or deleted here or in another tab.

import { addressOf, change, closePhoto, openId, openPhoto } from "./address.js";
import { bringBack, changed, forget, uploaded } from "./changes.js";
import { byId, opensElsewhere } from "./dom.js";
import { PhotoView } from "./photo.js";
import { clearAll, query } from "./query.js";
import { again, gallery, later, loadMore } from "./results.js";
import { store } from "./store.js";
import { listen, tell } from "./tabs.js";
import { offerUndo } from "./tasks.js";

const view = new PhotoView(/** @type {HTMLDialogElement} */ (byId("photo")), {
  go: (photo) => openPhoto(photo.id, { replace: true }),
  open: (photo) => openPhoto(photo.id),
  near: neighbours,
  address: addressOf,
  search,
  close: closePhoto,
  changed: (photo) => {
    changed(photo);
    tell({ kind: "changed", photo });
  },
  deleted: (photo) => {
    closePhoto();
    forget([photo.id]);
    tell({ kind: "deleted", ids: [photo.id] });
    offerUndo([photo]);
  },
});

/** Show the photo that the address names, or the gallery where it names none. */
export function showPhoto() {
  const id = openId();
  if (id === view.id) return;
  if (id) {
    view.show(id, gallery.photos.find((photo) => photo.id === id));
    return;
  }
  const last = view.id;
  view.hide();
  gallery.reveal(last);
  gallery.focus(last, store.place);
  if (store.current?.stale) again();
}

/** Search for a type or colour alone. @param {"type" | "color"} parameter @param {string} value */
function search(parameter, value) {
  if (`${query()}` === `${new URLSearchParams([[parameter, value]])}`) return closePhoto();
  change((asked) => {
    clearAll(asked);
    asked.set(parameter, value);
  });
}

/** @param {string} id */
function neighbours(id) {
  const index = gallery.photos.findIndex((photo) => photo.id === id);
  if (index < 0) return [];
  store.place = index;
  if (index > gallery.photos.length - 4) loadMore();
  return [gallery.photos[index - 1], gallery.photos[index + 1]];
}

byId("photo").addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("[data-like]");
  if (!(link instanceof HTMLElement) || opensElsewhere(event)) return;
  event.preventDefault();
  change((asked) => {
    clearAll(asked);
    asked.set("like", link.dataset.like ?? "");
  });
});
document.addEventListener("results-changed", () => view.showNear());
document.addEventListener("token-given", () => view.id && view.load(view.id));
listen((news) => {
  if (news.kind === "uploaded") uploaded(news.photo);
  if (news.kind === "restored") bringBack(news.ids);
  if (news.kind === "deleted") {
    forget(news.ids);
    if (news.ids.includes(view.id)) view.load(view.id);
  }
  if (news.kind === "changed") {
    changed(news.photo);
    if (view.id === news.photo.id) view.load(news.photo.id);
    else if (!view.id && `${query()}`) later(again);
  }
});
