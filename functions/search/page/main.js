// The page: the address bar says what is shown.
//
//   address ─▶ query ─▶ GET /search ─▶ gallery, chips, counts          ?photo=… ─▶ the photo, over the gallery

import { ask, keepToken } from "./api.js";
import { count, h, icon } from "./dom.js";
import { clearAll, Filters, query, SearchBox, several, tidy } from "./filters.js";
import { Gallery } from "./gallery.js";
import { PhotoView } from "./photo.js";
import { Uploads } from "./upload.js";

const PAGE = 60;
const KEPT = 8; // answers that Back finds as they were left
const $ = (id) => document.getElementById(id);

const answers = new Map(); // query → { answer, photos, next, top }
let current; // the entry of answers that is shown
let asked = ""; // the query that is shown or under way
let waiting; // what ends the request under way
const gone = new Set(); // what was deleted, which searches find for a moment more
let loadingMore = false;
let place; // of the open photo in the gallery
let closing = false; // the photo, by going back to before it was opened
let timer; // of what is asked again a moment later

const gallery = new Gallery($("gallery"), { more: loadMore, open: (photo) => openPhoto(photo.id), address: addressOf });
const filters = new Filters($("filters"), change);
const box = new SearchBox($("search"), change);
const uploads = new Uploads($("uploads"), { done: uploaded, open: (photo) => openPhoto(photo.id) });
const view = new PhotoView($("photo"), $("question"), {
  go: (photo) => openPhoto(photo.id, { replace: true }),
  open: (photo) => openPhoto(photo.id),
  near: neighbours,
  address: addressOf,
  close: closePhoto,
  changed: (photo) => {
    answers.clear(); // other answers may hold it as it was
    if (current) current.stale = true; // asked again once the view is closed
    const known = gallery.photos.find((other) => other.id === photo.id);
    if (known) gallery.update({ ...known, ...photo });
  },
  deleted: (id) => {
    closePhoto();
    forget(id);
  },
});

// ---- The address ------------------------------------------------------------------------------------------------

/** Change the query by a function, and show what it finds. */
function change(edit, { slid = false } = {}) {
  const wanted = query();
  edit(wanted);
  tidy(wanted);
  const address = `${wanted}` ? `?${wanted}` : location.pathname;
  if (`${wanted}` === `${query()}`) return show();
  remember();
  // All that a slider is moved is one step back.
  history[slid && history.state?.slid ? "replaceState" : "pushState"]({ slid }, "", address);
  return show();
}

function addressOf(id) {
  const address = query();
  address.set("photo", id);
  return `?${address}`;
}

function openPhoto(id, { replace = false } = {}) {
  remember();
  // Photos beside each other are one step back, those alike are steps of their own.
  const depth = history.state?.depth ?? 0;
  history[replace ? "replaceState" : "pushState"]({ depth: replace ? depth : depth + 1 }, "", addressOf(id));
  showPhoto();
}

function closePhoto() {
  if (closing) return;
  const depth = history.state?.depth;
  if (depth) {
    closing = true;
    history.go(-depth);
    return;
  }
  const wanted = `${query()}`;
  history.replaceState(null, "", wanted ? `?${wanted}` : location.pathname);
  show();
}

function remember() {
  if (current) current.top = scrollY;
}

// ---- What is shown ----------------------------------------------------------------------------------------------

async function show() {
  const wanted = query();
  document.title = [titleOf(wanted), "Photo Library"].filter(Boolean).join(" · ");
  showPhoto();
  box.show(wanted);
  if (current && asked === `${wanted}`) return;
  asked = `${wanted}`;
  waiting?.abort();
  const kept = answers.get(asked);
  if (kept) {
    display(kept);
    scrollTo({ top: kept.top });
    return;
  }
  filters.show(wanted, undefined);
  $("main").setAttribute("aria-busy", "true");
  if (!current) skeleton();
  waiting = new AbortController();
  const { signal } = waiting;
  try {
    const answer = await find(wanted, { signal });
    if (signal.aborted) return;
    if (current) scrollTo({ top: 0 });
    display(keep(asked, { answer, photos: answer.photos, next: answer.next, top: 0 }));
  } catch (problem) {
    if (!signal.aborted) failed(problem);
  } finally {
    if (!signal.aborted) $("main").setAttribute("aria-busy", "false");
  }
}

/** Ask again for what is shown, as much as there was, after it changed; what comes takes its place. */
async function again() {
  const entry = current, wanted = query();
  if (!entry || asked !== `${wanted}`) return;
  const photos = [];
  let answer;
  try {
    do {
      answer = await find(wanted, { cursor: answer?.next, limit: 100 });
      photos.push(...answer.photos);
    } while (answer.next && photos.length < Math.max(PAGE, entry.photos.length));
  } catch {
    return; // what is shown stays
  }
  if (entry === current) display(keep(asked, { answer, photos, next: answer.next }));
}

function later(what) {
  clearTimeout(timer);
  timer = setTimeout(what, 1000);
}

/** A page of what is wanted. Throws Problem. */
async function find(wanted, { cursor, signal, limit = PAGE } = {}) {
  const parameters = forSearch(wanted);
  parameters.set("limit", limit);
  if (cursor) parameters.set("cursor", cursor);
  const answer = await ask(`/search?${parameters}`, { signal });
  answer.photos = answer.photos.filter((photo) => !gone.has(photo.id));
  return answer;
}

function forSearch(wanted) {
  const parameters = new URLSearchParams(wanted);
  const filtered = ["type", "color", "q", "from", "to", "untyped"].some((name) => parameters.has(name));
  if (!filtered) parameters.set("sort", "newest");
  return parameters;
}

function keep(name, entry) {
  answers.delete(name);
  answers.set(name, entry);
  if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  return entry;
}

function display(entry) {
  current = entry;
  $("main").setAttribute("aria-busy", "false");
  $("notice").hidden = true;
  $("filters").hidden = false;
  filters.show(query(), entry.answer);
  gallery.show(entry.photos);
  if (!entry.photos.length && !entry.next) nothing();
  view.showNear();
  say();
  countFacets(entry);
  if (entry.answer.backend === "tigergraph") checkHealth(entry.answer);
  else gallery.drawn().then(() => entry === current && checkHealth(entry.answer));
}

/** The counts come after the photos and their pictures, which nobody shall wait for. */
async function countFacets(entry) {
  if (!entry.facets) await gallery.drawn();
  if (entry !== current) return;
  if (!entry.facets) {
    const parameters = forSearch(query());
    parameters.set("limit", 1);
    parameters.set("facets", "true");
    entry.facets = (await ask(`/search?${parameters}`).catch(() => ({}))).facets;
  }
  if (entry.facets && entry === current) filters.tell(entry.facets);
}

function say() {
  const number = current.photos.length;
  $("status").textContent = number === 0 ? "" : `${count(number)} photo${number === 1 ? "" : "s"}${current.next ? " and more" : ""}`;
}

async function loadMore() {
  if (loadingMore || !current?.next || !$("notice").hidden) return;
  loadingMore = true;
  const entry = current;
  $("more").hidden = false;
  try {
    const answer = await find(query(), { cursor: entry.next });
    entry.photos = [...entry.photos, ...answer.photos];
    entry.next = answer.next;
    if (entry === current) {
      gallery.append(answer.photos);
      say();
      if (!entry.photos.length && !entry.next) nothing();
    }
  } catch {
    setTimeout(() => gallery.schedule(), 3000); // asks again, while the end is in sight
    await new Promise((resolve) => setTimeout(resolve, 2900));
  } finally {
    loadingMore = false;
    $("more").hidden = true;
  }
  gallery.schedule();
}

function titleOf(wanted) {
  return [...several(wanted, "color"), ...several(wanted, "type"), wanted.get("q") ?? ""].join(" ").trim();
}

// ---- States -----------------------------------------------------------------------------------------------------

function notice(...children) {
  gallery.show([]);
  $("status").textContent = "";
  $("notice").replaceChildren(...children);
  $("notice").hidden = false;
}

function skeleton() {
  notice(h("div", { class: "skeleton", role: "status", "aria-label": "Loading photos" }, ...Array.from({ length: 12 }, () => h("i"))));
}

function nothing() {
  const wanted = query();
  const button = (text, edit) => h("button", { type: "button", onclick: () => change(edit) }, text);
  if (![...wanted].length) {
    $("filters").hidden = true;
    notice(
      icon("i-hanger"),
      h("h2", {}, "No photos yet"),
      h("p", {}, "Drop photos anywhere on this page, or choose some. Seconds later they are found by what they show."),
      h("button", { type: "button", class: "primary", onclick: choose }, icon("i-upload"), "Choose photos"),
    );
    return;
  }
  const sure = current.answer.min_probability;
  notice(
    icon("i-search"),
    h("h2", {}, "No photo fits"),
    h("p", {}, "Try it with fewer conditions."),
    h(
      "p",
      { class: "actions" },
      several(wanted, "type").length > 1 && wanted.get("match") !== "any" && button("Any of the types", (of) => of.set("match", "any")),
      several(wanted, "type").length > 0 && sure > 0.2 && button("Accept 20 % probability", (of) => of.set("min_probability", 0.2)),
      several(wanted, "color").length > 0 && button("In any colour", (of) => of.delete("color")),
      wanted.get("q") && button(`Without “${wanted.get("q")}”`, (of) => of.delete("q")),
      button("Show all photos", clearAll),
    ),
  );
}

function failed(problem) {
  current = undefined;
  $("main").setAttribute("aria-busy", "false");
  const wrong = problem.status === 400;
  const without = (of) => of.delete(problem.parameter);
  const rest = query();
  without(rest);
  tidy(rest);
  const partly = query().has(problem.parameter) && [...rest].length > 0;
  notice(
    icon("i-retry"),
    h("h2", {}, wrong ? "This cannot be searched for" : "The photos cannot be shown"),
    h("p", { role: "alert" }, problem.message),
    wrong
      ? h(
          "p",
          { class: "actions" },
          partly && h("button", { type: "button", class: "primary", onclick: () => change(without) }, "Leave that out"),
          h("button", { type: "button", class: partly ? null : "primary", onclick: () => change(clearAll) }, "Show all photos"),
        )
      : h("button", { type: "button", class: "primary", onclick: show }, "Try again"),
  );
  const failing = asked;
  if (problem.retryAfter) setTimeout(() => !current && asked === failing && show(), problem.retryAfter * 1000);
}

let healthTimer;
async function checkHealth(answer) {
  clearTimeout(healthTimer);
  if (answer.backend === "tigergraph") return tellHealth("ok");
  const { status } = await ask("/health").catch(() => ({ status: "unknown" }));
  if (status === "degraded") healthTimer = setTimeout(() => checkHealth(answer), 30_000);
  return tellHealth(status);
}

function tellHealth(status) {
  $("degraded").hidden = status !== "degraded";
  $("degraded").textContent = "The type graph is paused. Everything can still be searched; it may take a little longer.";
}

// ---- Photos -----------------------------------------------------------------------------------------------------

function showPhoto() {
  const id = new URLSearchParams(location.search).get("photo");
  if (id === (view.id ?? null)) return;
  if (id) {
    view.show(id, gallery.photos.find((photo) => photo.id === id));
    return;
  }
  const was = view.id;
  view.hide();
  gallery.focus(was, place);
  if (current?.stale) again();
}

function neighbours(id) {
  const index = gallery.photos.findIndex((photo) => photo.id === id);
  if (index < 0) return [];
  place = index;
  if (index > gallery.photos.length - 4) loadMore();
  return [gallery.photos[index - 1], gallery.photos[index + 1]];
}

function forget(id) {
  gone.add(id);
  for (const entry of new Set([...answers.values(), ...(current ? [current] : [])])) {
    entry.photos = entry.photos.filter((photo) => photo.id !== id);
    entry.facets = undefined;
  }
  gallery.remove(id);
  if (!current) return;
  say();
  if (!current.photos.length && !current.next) nothing();
  countWithout(id);
}

/** Count again once the library, too, has forgotten the photo. */
async function countWithout(id) {
  let known = true;
  for (let tries = 0; known && tries < 20; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    known = await ask(`/photos/${id}`).then(() => true, (problem) => problem.status !== 404);
  }
  if (!current) return;
  current.facets = undefined;
  countFacets(current);
}

function uploaded(photo) {
  for (const name of answers.keys()) if (answers.get(name) !== current) answers.delete(name);
  if (!current) return;
  if (`${query()}` !== "") {
    current.stale = true;
    later(again);
    return;
  }
  current.photos = [photo, ...current.photos.filter((other) => other.id !== photo.id)];
  current.facets = undefined;
  $("notice").hidden = true;
  $("filters").hidden = false;
  gallery.prepend(photo);
  say();
  later(() => countFacets(current));
}

// ---- Uploads ----------------------------------------------------------------------------------------------------

const choose = () => $("files").click();
$("upload").addEventListener("click", choose);
$("files").addEventListener("change", () => {
  uploads.add([...$("files").files]);
  $("files").value = "";
});
let entered = 0;
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => {
  if (carriesFiles(event) && ++entered === 1) $("drop").showPopover(); // also above a photo
});
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --entered <= 0) $("drop").hidePopover();
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  entered = 0;
  $("drop").hidePopover();
  if (view.id) closePhoto(); // which lies over the list of uploads
  uploads.add([...event.dataTransfer.files]);
});

// ---- Access -----------------------------------------------------------------------------------------------------

document.addEventListener("token-needed", () => {
  const dialog = $("question");
  if (dialog.open) return;
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "question-title" }, "Access token"),
    h("p", {}, "This library is not open to everybody. It is kept until this tab is closed."),
    h("label", { for: "token" }, "Token"),
    input,
    h("p", { class: "actions" }, h("button", { class: "primary", type: "submit" }, "Use it"), h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")),
  );
  form.addEventListener("submit", () => {
    keepToken(input.value.trim());
    current = undefined;
    show();
    if (view.id) view.load(view.id);
  });
  dialog.replaceChildren(form);
  dialog.showModal();
});

$("search").addEventListener("focusin", () => document.body.classList.add("searching"));
$("search").addEventListener("focusout", () => document.body.classList.remove("searching"));
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, dialog, select")) {
    event.preventDefault();
    $("q").focus();
  }
});
document.querySelector(".home").addEventListener("click", (event) => {
  event.preventDefault();
  change(clearAll);
});
history.scrollRestoration = "manual";
addEventListener("popstate", () => {
  // A photo whose address was opened is below those that were reached from it.
  const still = closing && new URLSearchParams(location.search).has("photo");
  closing = false;
  if (still) closePhoto();
  else show();
});
show();
