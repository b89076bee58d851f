// The page: the address bar says what is shown.
//
//   address ─▶ query ─▶ GET /search ─▶ gallery, chips, counts          ?photo=… ─▶ the photo, over the gallery
//
// Modules import in one direction. Those above tell those below by calling them, those below tell others by events of the
// document: "addressed", "results-changed", "selection-changed", "task" (what is done, and how far it is), "reconnected",
// "token-needed" and "token-given".

import "./access.js";
import { change, closePhoto, openId, remember } from "./address.js";
import { ask, asProblem } from "./api.js";
import { byId, toast, within, writeTexts } from "./dom.js";
import "./intake.js";
import "./keyboard.js";
import "./menu.js";
import { isPicture, pictureNamed } from "./picture.js";
import "./places.js";
import { clearAll, placeOf, query, several } from "./query.js";
import { filters, gallery, prepare, show, showFailure } from "./results.js";
import "./selecting.js";
import { store } from "./store.js";
import { shown, t } from "./texts.js";
import { showPhoto } from "./viewing.js";

writeTexts();
document.addEventListener("addressed", follow);
document.addEventListener("token-given", () => {
  store.current = undefined;
  show();
});
document.addEventListener("reconnected", () => store.current && gallery.schedule());

history.scrollRestoration = "manual";
addEventListener("popstate", () => {
  // A photo whose address was opened is below those that were reached from it.
  const still = store.closing && openId();
  store.closing = false;
  if (still) closePhoto();
  else follow();
});
addEventListener(
  "scroll",
  () => {
    clearTimeout(store.scrollTimer);
    store.scrollTimer = setTimeout(remember, 400); // seldom enough for browsers that limit it
  },
  { passive: true },
);
addEventListener("pagehide", remember);

byId("search").addEventListener("focusin", () => document.body.classList.add("searching"));
byId("search").addEventListener("focusout", () => document.body.classList.remove("searching"));
within(document, ".home").addEventListener("click", (event) => {
  event.preventDefault();
  change(clearAll);
});
start();

/** Show the photo and the search that the address asks for. */
function follow() {
  document.title = [titleOf(query()), t.title].filter(Boolean).join(" · "); // a photo puts its own title in its place
  showPhoto();
  show();
}

/** Learn what the library knows and takes, which the chips need, then show what the address asks for. */
async function start() {
  prepare();
  document.body.classList.add("ready");
  try {
    store.library = await ask("library");
  } catch (error) {
    showFailure(asProblem(error), start);
    return;
  }
  const files = /** @type {HTMLInputElement} */ (byId("files"));
  files.accept = ["image/*", ...Object.values(store.library.formats).flat().map((ending) => `.${ending}`)].join(",");
  filters.fill();
  const like = new URLSearchParams(location.search).get("like") ?? "";
  if (isPicture(like) && !pictureNamed(like)) toast(t.pictureGone); // the address was copied to another tab
  follow();
}

/** @param {URLSearchParams} wanted */
function titleOf(wanted) {
  const place = placeOf(wanted);
  if (place !== "photos") return (place === "rejected" ? t.rejected : t.recentlyDeleted);
  return [wanted.has("like") ? t.likeThis : "", wanted.get("q") ?? "", ...several(wanted, "color").map(shown), ...several(wanted, "type").map(shown)].join(" ").trim();
}
