// Photos that were uploaded, corrected or deleted, here or in another tab: what is shown follows.

import { openId } from "./address.js";
import { ask } from "./api.js";
import { byId } from "./dom.js";
import { placeOf, query } from "./query.js";
import { again, countFacets, gallery, later, showNothing, showTotal } from "./results.js";
import { keepSelected } from "./selection.js";
import { store } from "./store.js";
import { t } from "./texts.js";

/** @typedef {import("./api.js").Photo} Photo */

/** @param {Photo} photo whose types were corrected */
export function changed(photo) {
  store.answers.clear(); // other answers may hold it as it was
  if (store.current) store.current.stale = true; // asked again once the view is closed
  const known = gallery.photos.find((other) => other.id === photo.id);
  if (known) gallery.update({ ...known, ...photo });
}

/** @param {string[]} ids of photos that were deleted */
export function forget(ids) {
  const gone = new Set(ids);
  for (const id of ids) store.deleted.add(id);
  store.answers.delete("status=deleted");
  if (placeOf(query()) === "deleted") later(again); // another tab deleted them
  const { current } = store;
  for (const entry of new Set([...store.answers.values(), ...(current ? [current] : [])])) {
    for (const photo of entry.photos.filter(({ id }) => gone.has(id))) {
      if ((photo.copies ?? 1) > 1) entry.stale = true; // another copy takes its place
      else entry.answer.total.photos--;
    }
    entry.photos = entry.photos.filter(({ id }) => !gone.has(id));
    entry.facets = undefined;
  }
  gallery.remove(gone);
  keepSelected(({ id }) => !gone.has(id));
  if (!current) return;
  showTotal(current);
  if (!current.photos.length && !current.next) showNothing(current);
  countWithout(ids[ids.length - 1]);
}

/** Show photos no longer where they do not belong any more: restored ones in the trash, and added ones among the rejected. @param {string[]} ids */
export function takeOut(ids) {
  const { current } = store;
  if (!current || placeOf(query()) === "photos") return;
  const gone = new Set(ids);
  const before = current.photos.length;
  current.photos = current.photos.filter(({ id }) => !gone.has(id));
  current.answer.total.photos -= before - current.photos.length;
  gallery.remove(gone);
  showTotal(current);
  if (!current.photos.length && !current.next) showNothing(current);
}

/** @param {string[]} ids of deleted photos that were restored */
export function bringBack(ids) {
  for (const id of ids) store.deleted.delete(id);
  store.forgotten = "";
  for (const [name, entry] of store.answers) if (entry !== store.current) store.answers.delete(name);
  if (store.current) store.current.stale = true;
  if (placeOf(query()) === "deleted") takeOut(ids);
  else if (!openId()) again();
}

/** Count again once the library has deleted a photo, the last of several; what takes its place is asked for. @param {string} id */
async function countWithout(id) {
  store.forgotten = id;
  let known = true;
  for (let tries = 0; known && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (store.forgotten !== id) return; // one that was deleted later is waited for
    known = await ask(`photos/${id}`).then(() => true, (problem) => problem.status !== 404);
  }
  const { current } = store;
  if (!current) return;
  current.facets = undefined;
  if (current.stale && !openId()) again();
  else countFacets(current);
}

/** @param {Photo} photo */
export function uploaded(photo) {
  const { answers, current } = store;
  for (const [name, entry] of answers) if (entry !== current) answers.delete(name);
  if (!current) return;
  const hidden = photo.duplicates && !query().has("duplicates"); // it is one copy more of an older photo
  if (`${query()}` !== "" || hidden) {
    current.stale = true;
    later(again);
    return;
  }
  if (scrollY > 0 || openId()) showFresh([photo, ...store.fresh.filter((other) => other.id !== photo.id)]);
  else addFirst([photo]);
}

/** Offer photos that came while others are read. @param {Photo[]} photos */
function showFresh(photos) {
  store.fresh = photos;
  byId("fresh").hidden = !photos.length;
  byId("fresh").textContent = t.newPhotos(photos.length);
}

/** Show photos before all others. @param {Photo[]} photos the newest first */
function addFirst(photos) {
  const { current } = store;
  if (!current) return;
  const ids = new Set(photos.map((photo) => photo.id));
  const known = current.photos.filter((photo) => ids.has(photo.id)).length;
  current.answer.total.photos += photos.length - known;
  current.photos = [...photos, ...current.photos.filter((photo) => !ids.has(photo.id))];
  current.facets = undefined;
  byId("notice").hidden = true;
  byId("filters").hidden = false;
  gallery.show(current.photos, gallery.groupOf);
  showTotal(current);
  later(() => countFacets(current));
}

byId("fresh").addEventListener("click", () => {
  addFirst(store.fresh);
  showFresh([]);
  scrollTo({ top: 0 });
});
document.addEventListener("results-changed", () => showFresh([]));
