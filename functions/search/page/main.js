// The page: the address bar says what is shown.
//
//   address ─▶ query ─▶ GET /search ─▶ gallery, chips, counts          ?photo=… ─▶ the photo, over the gallery

import { ask, asProblem, keepToken } from "./api.js";
import { button, byId, h, icon, within } from "./dom.js";
import { Filters } from "./filters.js";
import { Gallery } from "./gallery.js";
import { PhotoView } from "./photo.js";
import { clearAll, forSearch, query, several, spellOut, tidy } from "./query.js";
import { SearchBox } from "./searchbox.js";
import { store } from "./store.js";
import { listen, tell } from "./tabs.js";
import { month, shown, t } from "./texts.js";
import { Uploads } from "./upload.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {import("./store.js").Found} Found
 */

const PAGE = 60;
const KEPT = 8; // answers that Back finds as they were left
const FARTHEST = 3000; // photos that a reload loads to return to where it was

const main = byId("main");
const status = byId("status");
const notice = byId("notice");
const files = /** @type {HTMLInputElement} */ (byId("files"));
const question = /** @type {HTMLDialogElement} */ (byId("question"));

writeTexts();
const gallery = new Gallery(byId("gallery"), { more: loadMore, open: (photo) => openPhoto(photo.id), address: addressOf });
const filters = new Filters(byId("filters"), change);
const box = new SearchBox(byId("search"), change);
const uploads = new Uploads(byId("uploads"), {
  done: (photo) => {
    uploaded(photo);
    tell({ kind: "uploaded", photo });
  },
  open: (photo) => openPhoto(photo.id),
});
const view = new PhotoView(/** @type {HTMLDialogElement} */ (byId("photo")), question, {
  go: (photo) => openPhoto(photo.id, { replace: true }),
  open: (photo) => openPhoto(photo.id),
  near: neighbours,
  address: addressOf,
  close: closePhoto,
  changed: (photo) => {
    changed(photo);
    tell({ kind: "changed", photo });
  },
  deleted: (id) => {
    closePhoto();
    forget(id);
    tell({ kind: "deleted", id });
  },
});

/** Give the elements of index.html their texts: `data-text="key"`, or `data-text="key attribute, key attribute"`. */
function writeTexts() {
  document.documentElement.lang = t.language;
  for (const element of document.querySelectorAll("[data-text]")) {
    for (const item of (element.getAttribute("data-text") ?? "").split(",")) {
      const [key, attribute] = item.trim().split(" ");
      const text = /** @type {Record<string, any>} */ (t)[key];
      if (attribute) element.setAttribute(attribute, text);
      else element.textContent = text;
    }
  }
}

// ---- The address ------------------------------------------------------------------------------------------------

/**
 * Change the query by a function, and show what it finds.
 * @param {(asked: URLSearchParams) => void} edit
 * @param {{ slid?: boolean, phrase?: boolean }} [how] whether a slider did it, or a new phrase
 */
function change(edit, { slid = false, phrase = false } = {}) {
  const wanted = query();
  // A click changes what is shown; what was clicked before its answer came is as the address has it.
  if (!phrase && store.current?.query === `${wanted}`) spellOut(wanted, store.current.answer);
  edit(wanted);
  tidy(wanted);
  const address = `${wanted}` ? `?${wanted}` : location.pathname;
  if (`${wanted}` === `${query()}`) return show();
  remember();
  // All that a slider is moved is one step back.
  history[slid && history.state?.slid ? "replaceState" : "pushState"]({ slid }, "", address);
  return show();
}

/** @param {string} id */
function addressOf(id) {
  const address = query();
  address.set("photo", id);
  return `?${address}`;
}

/** @param {string} id @param {{ replace?: boolean }} [how] */
function openPhoto(id, { replace = false } = {}) {
  remember();
  // Photos beside each other are one step back, similar ones are steps of their own.
  const depth = history.state?.depth ?? 0;
  const { anchor } = history.state ?? {};
  history[replace ? "replaceState" : "pushState"]({ depth: replace ? depth : depth + 1, anchor }, "", addressOf(id));
  showPhoto();
}

function closePhoto() {
  if (store.closing) return;
  const depth = history.state?.depth;
  if (depth) {
    store.closing = true;
    history.go(-depth);
    return;
  }
  const wanted = `${query()}`;
  history.replaceState(null, "", wanted ? `?${wanted}` : location.pathname);
  show();
}

/** Keep where the page is scrolled to, for Back and for a reload. */
function remember() {
  if (!store.current || main.getAttribute("aria-busy") === "true") return;
  store.current.anchor = scrollY > 0 ? gallery.anchor : undefined;
  history.replaceState({ ...history.state, anchor: store.current.anchor }, "");
}

/** How far the page is scrolled, in pixels, when the photos begin right below the header. */
function begin() {
  return Math.max(0, main.offsetTop - within(document, "header").offsetHeight);
}

// ---- What is shown ----------------------------------------------------------------------------------------------

async function show() {
  const wanted = query();
  document.title = [titleOf(wanted), t.title].filter(Boolean).join(" · ");
  showPhoto();
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
  filters.show(wanted);
  main.setAttribute("aria-busy", "true");
  if (!store.current) skeleton();
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
    if (!signal.aborted) failed(asProblem(error));
  } finally {
    if (!signal.aborted) main.setAttribute("aria-busy", "false");
  }
}

/** Ask again for what is shown, as much as there was, after it changed; the new answer takes its place. */
async function again() {
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
  const anchor = scrollY > 0 ? gallery.anchor : undefined;
  display(keep({ query: `${wanted}`, answer, photos, next: answer.next }));
  if (anchor) gallery.restore(anchor);
}

/** @param {() => void} what is done a moment later, once for all that happens until then */
function later(what) {
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
  const parameters = forSearch(wanted);
  parameters.set("limit", `${limit}`);
  if (cursor) parameters.set("cursor", cursor);
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
  byId("filters").hidden = false;
  filters.show(query(), entry.answer);
  showFresh([]);
  gallery.show(entry.photos, groupOf(entry.answer));
  if (!entry.photos.length && !entry.next) nothing(entry);
  view.showNear();
  showTotal(entry);
  showHow(entry.answer);
  countFacets(entry);
  if (entry.answer.backend === "tigergraph") checkHealth(entry.answer);
  else gallery.drawn().then(() => (entry === store.current ? checkHealth(entry.answer) : undefined));
}

/** The heading that a photo stands under: its month, where photos come by date. @param {Answer} answer */
function groupOf(answer) {
  return answer.sort === "relevance" ? undefined : (/** @type {Photo} */ photo) => month(photo.uploaded_at);
}

/** The counts come after the photos and their pictures, which nobody shall wait for. @param {Found} entry */
async function countFacets(entry) {
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
function showTotal(entry) {
  const { photos, exact } = entry.answer.total;
  status.textContent = entry.photos.length || entry.next ? t.photos(photos, !exact) : "";
}

/** Say how a phrase was understood, where that is not what was typed. @param {Answer} answer */
function showHow({ ignored, corrected }) {
  const parts = [...Object.entries(corrected ?? {}).map(([typed, meant]) => t.corrected(typed, meant)), ...(ignored ? [t.ignored(ignored)] : [])];
  byId("how").hidden = !parts.length;
  byId("how").textContent = parts.join(" ");
}

async function loadMore() {
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
      if (!entry.photos.length && !entry.next) nothing(entry);
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

/** @param {URLSearchParams} wanted */
function titleOf(wanted) {
  return [wanted.get("q") ?? "", ...several(wanted, "color").map(shown), ...several(wanted, "type").map(shown)].join(" ").trim();
}

// ---- States -----------------------------------------------------------------------------------------------------

/** Say something in place of the photos. @param {...import("./dom.js").Child} children */
function say(...children) {
  gallery.show([]);
  status.textContent = "";
  notice.replaceChildren();
  for (const child of children) if (child) notice.append(child);
  notice.hidden = false;
}

function skeleton() {
  gallery.show([]);
  notice.replaceChildren(h("div", { class: "skeleton", role: "status", "aria-label": t.loadingPhotos }, ...Array.from({ length: 12 }, () => h("i"))));
  notice.hidden = false;
}

/** @param {Found} entry */
function nothing(entry) {
  const wanted = query();
  if (![...wanted].length) {
    byId("filters").hidden = true;
    say(icon("i-hanger"), h("h2", {}, t.noPhotosYet), h("p", {}, t.noPhotosYetWhy), button({ label: t.choosePhotos, icon: "i-upload", class: "primary", onclick: choose }));
    return;
  }
  /** @param {string} label @param {(asked: URLSearchParams) => void} edit */
  const offer = (label, edit) => button({ label, onclick: () => change(edit) });
  const types = entry.answer.type.length;
  say(
    icon("i-search"),
    h("h2", {}, t.noMatch),
    h("p", {}, t.noMatchWhy),
    h(
      "p",
      { class: "actions" },
      types > 1 && entry.answer.match === "all" && offer(t.matchAny, (of) => of.delete("match")),
      types > 0 && entry.answer.min_probability > 0.2 && offer(t.lessCertain, (of) => of.set("min_probability", "0.2")),
      (entry.answer.color ?? []).length > 0 && offer(t.anyColor, (of) => of.delete("color")),
      offer(t.showAll, clearAll),
    ),
  );
}

/** Say why there are no photos. @param {import("./api.js").Problem} problem @param {() => void} tryAgain */
function failed(problem, tryAgain = show) {
  store.current = undefined;
  main.setAttribute("aria-busy", "false");
  const { parameter, retryAfter } = problem;
  const invalid = problem.status === 400;
  /** @param {URLSearchParams} of */
  const without = (of) => parameter && of.delete(parameter);
  const rest = query();
  without(rest);
  tidy(rest);
  const partly = parameter && query().has(parameter) && [...rest].length > 0;
  say(
    icon("i-retry"),
    h("h2", {}, invalid ? t.invalidSearch : t.cannotLoad),
    h("p", { role: "alert" }, problem.message),
    retryAfter > 0 && h("p", {}, t.tryingAgain(retryAfter)),
    invalid
      ? h(
          "p",
          { class: "actions" },
          partly && button({ label: t.removeIt, class: "primary", onclick: () => change(without) }),
          button({ label: t.showAll, class: partly ? undefined : "primary", onclick: () => change(clearAll) }),
        )
      : button({ label: t.tryAgain, class: "primary", onclick: tryAgain }),
  );
  const failing = store.asked;
  const retry = () => !store.current && store.asked === failing && tryAgain();
  if (retryAfter) setTimeout(retry, retryAfter * 1000);
}

/** @param {Answer} answer */
async function checkHealth(answer) {
  clearTimeout(store.healthTimer);
  if (answer.backend === "tigergraph") return showHealth("ok");
  const health = await ask("health").catch(() => ({ status: "unknown" }));
  if (health.status === "degraded") store.healthTimer = setTimeout(() => checkHealth(answer), 30_000);
  return showHealth(health.status);
}

/** @param {string} health */
function showHealth(health) {
  byId("degraded").hidden = health !== "degraded";
  byId("degraded").textContent = t.degraded;
}

// ---- Photos -----------------------------------------------------------------------------------------------------

function showPhoto() {
  const id = new URLSearchParams(location.search).get("photo") ?? "";
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

/** @param {string} id */
function neighbours(id) {
  const index = gallery.photos.findIndex((photo) => photo.id === id);
  if (index < 0) return [];
  store.place = index;
  if (index > gallery.photos.length - 4) loadMore();
  return [gallery.photos[index - 1], gallery.photos[index + 1]];
}

/** @param {Photo} photo whose types were corrected */
function changed(photo) {
  store.answers.clear(); // other answers may hold it as it was
  if (store.current) store.current.stale = true; // asked again once the view is closed
  const known = gallery.photos.find((other) => other.id === photo.id);
  if (known) gallery.update({ ...known, ...photo });
}

/** @param {string} id of a photo that was deleted */
function forget(id) {
  store.deleted.add(id);
  const { current } = store;
  for (const entry of new Set([...store.answers.values(), ...(current ? [current] : [])])) {
    if (entry.photos.some((photo) => photo.id === id)) entry.answer.total.photos--;
    entry.photos = entry.photos.filter((photo) => photo.id !== id);
    entry.facets = undefined;
  }
  gallery.remove(id);
  if (!current) return;
  showTotal(current);
  if (!current.photos.length && !current.next) nothing(current);
  countWithout(id);
}

/** Count again once the library has deleted the photo. @param {string} id */
async function countWithout(id) {
  let known = true;
  for (let tries = 0; known && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    known = await ask(`photos/${id}`).then(() => true, (problem) => problem.status !== 404);
  }
  const { current } = store;
  if (!current) return;
  current.facets = undefined;
  countFacets(current);
}

/** @param {Photo} photo */
function uploaded(photo) {
  const { answers, current } = store;
  for (const [name, entry] of answers) if (entry !== current) answers.delete(name);
  if (!current) return;
  if (`${query()}` !== "") {
    current.stale = true;
    later(again);
    return;
  }
  if (scrollY > 0 || view.id) showFresh([photo, ...store.fresh.filter((other) => other.id !== photo.id)]);
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
  notice.hidden = true;
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

listen((news) => {
  if (news.kind === "uploaded") uploaded(news.photo);
  if (news.kind === "deleted") {
    forget(news.id);
    if (view.id === news.id) view.load(news.id);
  }
  if (news.kind === "changed") {
    changed(news.photo);
    if (view.id === news.photo.id) view.load(news.photo.id);
    else if (!view.id && `${query()}`) later(again);
  }
});

addEventListener("scroll", () => {
  clearTimeout(store.scrollTimer);
  store.scrollTimer = setTimeout(remember, 400); // seldom enough for browsers that limit it
}, { passive: true });
addEventListener("pagehide", remember);
document.addEventListener("reconnected", () => store.current && gallery.schedule());

// ---- Uploads ----------------------------------------------------------------------------------------------------

function choose() {
  files.click();
}
byId("upload").addEventListener("click", choose);
files.addEventListener("change", () => {
  uploads.add([...(files.files ?? [])]);
  files.value = "";
});
/** @param {DragEvent} event */
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => {
  if (carriesFiles(event) && ++store.dragged === 1) byId("drop").showPopover(); // also above a photo
});
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --store.dragged <= 0) byId("drop").hidePopover();
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  store.dragged = 0;
  byId("drop").hidePopover();
  if (view.id) closePhoto(); // which lies over the list of uploads
  uploads.add([...(event.dataTransfer?.files ?? [])]);
});

addEventListener("paste", (event) => uploads.paste(event));

// ---- Access -----------------------------------------------------------------------------------------------------

document.addEventListener("token-needed", () => {
  if (question.open) return;
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "question-title" }, t.token),
    h("p", {}, t.tokenWhy),
    h("label", { for: "token" }, t.tokenLabel),
    input,
    h("p", { class: "actions" }, h("button", { class: "primary", type: "submit" }, t.continue), button({ label: t.cancel, onclick: () => question.close() })),
  );
  form.addEventListener("submit", () => {
    keepToken(input.value.trim());
    store.current = undefined;
    show();
    if (view.id) view.load(view.id);
  });
  question.replaceChildren(form);
  question.showModal();
});

byId("search").addEventListener("focusin", () => document.body.classList.add("searching"));
byId("search").addEventListener("focusout", () => document.body.classList.remove("searching"));
addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target instanceof Element && !event.target.closest("input, dialog, select")) {
    event.preventDefault();
    byId("q").focus();
  }
});
within(document, ".home").addEventListener("click", (event) => {
  event.preventDefault();
  change(clearAll);
});
history.scrollRestoration = "manual";
addEventListener("popstate", () => {
  // A photo whose address was opened is below those that were reached from it.
  const still = store.closing && new URLSearchParams(location.search).has("photo");
  store.closing = false;
  if (still) closePhoto();
  else show();
});
start();

/** Learn what the library knows and takes, which the chips need, then show what the address asks for. */
async function start() {
  filters.show(query()); // as far as it is understood without the library: what it takes room for stays as it is
  document.body.classList.add("ready");
  skeleton();
  try {
    store.library = await ask("library");
  } catch (error) {
    failed(asProblem(error), start);
    return;
  }
  files.accept = ["image/*", ...Object.values(store.library.formats).flat().map((ending) => `.${ending}`)].join(",");
  filters.fill();
  await show();
}
