// The photos that are selected, to be worked on together. Whoever changes them says so by the event "selection-changed".

import { store } from "./store.js";

/** @typedef {import("./api.js").Photo} Photo */

/**
 * Select a photo, or no more if it was.
 * @param {Photo[]} photos of the gallery, in order
 * @param {number} index
 * @param {{ range?: boolean }} [how] whether all photos from the one that was chosen last are selected with it
 */
export function pick(photos, index, { range = false } = {}) {
  const photo = photos[index];
  const last = photos.findIndex(({ id }) => id === store.lastPicked);
  if (range && last >= 0) {
    for (const one of photos.slice(Math.min(last, index), Math.max(last, index) + 1)) store.selected.set(one.id, one);
  } else if (!store.selected.delete(photo.id)) {
    store.selected.set(photo.id, photo);
  }
  store.lastPicked = photo.id;
  changed();
}

/** Select exactly these. @param {Photo[]} photos */
export function select(photos) {
  store.selected = new Map(photos.map((photo) => [photo.id, photo]));
  changed();
}

/** Of the photos that are selected, keep those that fit. @param {(photo: Photo) => boolean} fits */
export function keepSelected(fits) {
  const rest = [...store.selected.values()].filter(fits);
  if (rest.length < store.selected.size) select(rest);
}

function changed() {
  if (!store.selected.size) store.lastPicked = "";
  document.dispatchEvent(new Event("selection-changed"));
}
