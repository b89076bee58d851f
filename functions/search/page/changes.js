// Photos that were uploaded, corrected or deleted, here or in another tab: what is shown follows.

import { openId } from "./address.js";
import { ask } from "./api.js";
import { byId } from "./dom.js";
import { query } from "./query.js";
import { again, countFacets, gallery, later, showNothing, showTotal } from "./results.js";
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

/** @param {string} id of a photo that was deleted */
export function forget(id) {
  store.deleted.add(id);
  const { current } = store;
  let copied = false;
  for (const entry of new Set([...store.answers.values(), ...(current ? [current] : [])])) {
    const photo = entry.photos.find((one) => one.id === id);
    if ((photo?.copies ?? 1) > 1) copied = true; // another copy takes its place
    else if (photo) entry.answer.total.photos--;
    entry.photos = entry.photos.filter((one) => one.id !== id);
    entry.facets = undefined;
  }
  gallery.remove(id);
  if (!current) return;
  showTotal(current);
  if (!current.photos.length && !current.next) showNothing(current);
  countWithout(id, copied);
}

/** Count again once the library has deleted the photo; where it had copies, ask for them. @param {string} id @param {boolean} copied */
async function countWithout(id, copied) {
  let known = true;
  for (let tries = 0; known && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    known = await ask(`photos/${id}`).then(() => true, (problem) => problem.status !== 404);
  }
  const { current } = store;
  if (!current) return;
  current.facets = undefined;
  if (copied) again();
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
