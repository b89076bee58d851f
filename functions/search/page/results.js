// What a query finds: it is asked for, kept for Back, and shown as the gallery with its total, its chips and their counts.

import { addressOf, change, openPhoto } from "./address.js";
import { ask, asProblem } from "./api.js";
import { byId, within } from "./dom.js";
import { Filters } from "./filters.js";
import { Gallery } from "./gallery.js";
import { checkHealth } from "./health.js";
import { sayFailed, sayLoading, sayNothingFound } from "./notice.js";
import { month, monthAsWritten } from "./numbers.js";
import { forSearch, placeOf, query } from "./query.js";
import { SearchBox } from "./searchbox.js";
import { store } from "./store.js";
import { t } from "./texts.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {import("./store.js").Found} Found
 */

const PAGE = 60;
const KEPT = 8; // answers that Back finds as they were left
const FARTHEST = 3000; // photos that a reload loads to return to where it was

/** What the trash's answer lacks of a search's. @type {Pick<Answer, "type" | "not" | "match" | "min_probability" | "sort" | "backend">} */
const OF_TRASH = { type: [], not: [], match: "any", min_probability: 0.5, sort: "deleted", backend: "tigergraph" };

const main = byId("main");
const status = byId("status");
const notice = byId("notice");

export const gallery = new Gallery(byId("gallery"), { more: loadMore, open: (photo) => openPhoto(photo.id), address: addressOf });
export const filters = new Filters(byId("filters"), change);
const box = new SearchBox(byId("search"), change);

/** Show what the address asks for. */
export async function show() {
  const wanted = query();
  box.show(wanted);
  if (store.current && store.asked === `${wanted}`) return;
  store.asked = `${wanted}`;
  store.waiting?.abort();
  const kept = store.answers.get(store.asked);
  if (kept) {
    display(kept);
    gallery.restore(kept.anchor);
    return;
  }
  if (store.current) filters.show(wanted);
  else prepare();
  main.setAttribute("aria-busy", "true");
  store.waiting = new AbortController();
  const { signal } = store.waiting;
  /** @type {import("./store.js").Anchor | undefined} */
  const anchor = store.current ? undefined : history.state?.anchor; // of the page before it was reloaded
  try {
    const answer = await find(wanted, { signal, limit: anchor ? 100 : PAGE });
    const entry = { query: `${wanted}`, answer, photos: answer.photos, next: answer.next };
    while (anchor && entry.next && entry.photos.length < Math.min(anchor.index + PAGE, FARTHEST) && !signal.aborted) {
      const { photos, next } = await find(wanted, { signal, cursor: entry.next, limit: 100 });
      Object.assign(entry, { photos: [...entry.photos, ...photos], next });
    }
    if (signal.aborted) return;
    if (store.current) scrollTo({ top: Math.min(scrollY, begin()) });
    display(keep(entry));
    if (anchor) gallery.restore(anchor);
  } catch (error) {
    if (!signal.aborted) showFailure(asProblem(error), show);
  } finally {
    if (!signal.aborted) main.setAttribute("aria-busy", "false");
  }
}

/** Ask again for what is shown, as much as there was, after it changed; the new answer takes its place. */
export async function again() {
  const entry = store.current;
  const wanted = query();
  if (!entry || store.asked !== `${wanted}`) return;
  /** @type {Photo[]} */
  const photos = [];
  /** @type {Answer | undefined} */
  let answer;
  try {
    do {
      answer = await find(wanted, { cursor: answer?.next, limit: 100 });
      photos.push(...answer.photos);
    } while (answer.next && photos.length < Math.max(PAGE, entry.photos.length));
  } catch {
    return; // what is shown stays
  }
  if (entry !== store.current) return;
  const anchor = scrollY > 0 ? store.inSight : undefined;
  display(keep({ query: `${wanted}`, answer, photos, next: answer.next }));
  if (anchor) gallery.restore(anchor);
}

/** @param {() => void} what is done a moment later, once for all that happens until then */
export function later(what) {
  clearTimeout(store.searchTimer);
  store.searchTimer = setTimeout(what, 1000);
}

/**
 * A page of what is wanted. Throws Problem.
 * @param {URLSearchParams} wanted
 * @param {{ cursor?: string, signal?: AbortSignal, limit?: number }} [options]
 * @returns {Promise<Answer>}
 */
async function find(wanted, { cursor, signal, limit = PAGE } = {}) {
  const deleted = placeOf(wanted) === "deleted";
  const parameters = deleted ? new URLSearchParams() : forSearch(wanted);
  parameters.set("limit", `${limit}`);
  if (cursor) parameters.set("cursor", cursor);
  if (deleted) return { ...OF_TRASH, ...(await ask(`trash?${parameters}`, { signal })) };
  /** @type {Answer} */
  const answer = await ask(`search?${parameters}`, { signal });
  answer.photos = answer.photos.filter((photo) => !store.deleted.has(photo.id));
  return answer;
}

/** @param {Found} entry */
function keep(entry) {
  store.answers.delete(entry.query);
  store.answers.set(entry.query, entry);
  if (store.answers.size > KEPT) store.answers.delete([...store.answers.keys()][0]);
  return entry;
}

/** @param {Found} entry */
function display(entry) {
  store.current = entry;
  main.setAttribute("aria-busy", "false");
  notice.hidden = true;
  byId("filters").hidden = placeOf(query()) !== "photos";
  filters.show(query(), entry.answer);
  gallery.show(entry.photos, groupOf(entry.answer));
  if (!entry.photos.length && !entry.next) showNothing(entry);
  document.dispatchEvent(new Event("results-changed"));
  showTotal(entry);
  showHow(entry.answer);
  countFacets(entry);
  if (entry.answer.backend === "tigergraph") checkHealth(entry.answer);
  else gallery.drawn().then(() => (entry === store.current ? checkHealth(entry.answer) : undefined));
}

/** The heading that a photo stands under: its month, where photos come by date. @param {Answer} answer */
function groupOf({ sort }) {
  if (["relevance", "likeness", "deleted"].includes(sort)) return undefined;
  /** @param {Photo} photo */
  return ({ taken_at, uploaded_at }) => (sort === "taken" ? monthAsWritten(taken_at ?? uploaded_at) : month(uploaded_at));
}

/** The counts come after the photos and their pictures, which nobody shall wait for. @param {Found} entry */
export async function countFacets(entry) {
  if (placeOf(query()) !== "photos") return;
  if (!entry.facets) await gallery.drawn();
  if (entry !== store.current) return;
  if (!entry.facets) {
    const parameters = forSearch(query());
    parameters.set("limit", "1");
    parameters.set("facets", "true");
    entry.facets = (await ask(`search?${parameters}`).catch(() => ({}))).facets;
  }
  if (entry.facets && entry === store.current) filters.showCounts(entry.facets);
}

/** @param {Found} entry */
export function showTotal(entry) {
  const { photos, exact } = entry.answer.total;
  const text = { photos: t.photos, rejected: t.rejectedCount, deleted: t.deletedCount }[placeOf(query())];
  status.textContent = entry.photos.length || entry.next ? text(photos, !exact) : "";
}

/** Say how a phrase was understood, where that is not what was typed. @param {Answer} answer */
function showHow({ ignored, corrected }) {
  const parts = [...Object.entries(corrected ?? {}).map(([typed, meant]) => t.corrected(typed, meant)), ...(ignored ? [t.ignored(ignored)] : [])];
  byId("how").hidden = !parts.length;
  byId("how").textContent = parts.join(" ");
}

export async function loadMore() {
  const entry = store.current;
  if (store.loadingMore || !entry?.next || !notice.hidden) return;
  store.loadingMore = true;
  byId("more").hidden = false;
  try {
    const answer = await find(query(), { cursor: entry.next });
    entry.photos = [...entry.photos, ...answer.photos];
    entry.next = answer.next;
    if (entry === store.current) {
      gallery.append(answer.photos);
      showTotal(entry);
      if (!entry.photos.length && !entry.next) showNothing(entry);
    }
  } catch {
    setTimeout(() => gallery.schedule(), 3000); // asks again, while the end is in sight
    await new Promise((resolve) => setTimeout(resolve, 2900));
  } finally {
    store.loadingMore = false;
    byId("more").hidden = true;
  }
  gallery.schedule();
}

/** How far the page is scrolled, in pixels, when the photos begin right below the header. */
function begin() {
  return Math.max(0, main.offsetTop - within(document, "header").offsetHeight);
}

/** Show the photos' places while they are asked for. */
export function prepare() {
  filters.show(query()); // as far as it is understood without the library: what it takes room for stays as it is
  gallery.show([]);
  sayLoading();
}

/** Say that there are no photos. @param {Found} entry */
export function showNothing(entry) {
  gallery.show([]);
  status.textContent = "";
  sayNothingFound(entry);
}

/**
 * Say why there are no photos, and try again once that may help.
 * @param {import("./api.js").Problem} problem
 * @param {() => void} tryAgain
 */
export function showFailure(problem, tryAgain) {
  store.current = undefined;
  main.setAttribute("aria-busy", "false");
  gallery.show([]);
  status.textContent = "";
  sayFailed(problem, tryAgain);
  const failing = store.asked;
  const retry = () => !store.current && store.asked === failing && tryAgain();
  if (problem.retryAfter) setTimeout(retry, problem.retryAfter * 1000);
}
