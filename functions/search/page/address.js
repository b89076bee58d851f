// The address bar says what is shown: the query and the open photo. Whoever changes it says so by the event "addressed".

import { byId } from "./dom.js";
import { query, spellOut, tidy } from "./query.js";
import { store } from "./store.js";

/**
 * Change the query by a function, and show what it finds.
 * @param {(asked: URLSearchParams) => void} edit
 * @param {{ slid?: boolean, phrase?: boolean }} [how] whether a slider did it, or a new phrase
 */
export function change(edit, { slid = false, phrase = false } = {}) {
  const wanted = query();
  // A click changes what is shown; what was clicked before its answer came is as the address has it.
  if (!phrase && store.current?.query === `${wanted}`) spellOut(wanted, store.current.answer);
  edit(wanted);
  tidy(wanted);
  const address = `${wanted}` ? `?${wanted}` : location.pathname;
  if (`${wanted}` === `${query()}`) {
    follow();
    return;
  }
  remember();
  // All that a slider is moved is one step back.
  history[slid && history.state?.slid ? "replaceState" : "pushState"]({ slid }, "", address);
  follow();
}

/** The id of the open photo; empty where none is. */
export const openId = () => new URLSearchParams(location.search).get("photo") ?? "";

/** @param {string} id */
export function addressOf(id) {
  const address = query();
  address.set("photo", id);
  return `?${address}`;
}

/** @param {string} id @param {{ replace?: boolean }} [how] */
export function openPhoto(id, { replace = false } = {}) {
  remember();
  // Photos beside each other are one step back, similar ones are steps of their own.
  const depth = history.state?.depth ?? 0;
  const { anchor } = history.state ?? {};
  history[replace ? "replaceState" : "pushState"]({ depth: replace ? depth : depth + 1, anchor }, "", addressOf(id));
  follow();
}

export function closePhoto() {
  if (store.closing) return;
  const depth = history.state?.depth;
  if (depth) {
    store.closing = true;
    history.go(-depth);
    return;
  }
  const wanted = `${query()}`;
  history.replaceState(null, "", wanted ? `?${wanted}` : location.pathname);
  follow();
}

/** Keep where the page is scrolled to, for Back and for a reload. */
export function remember() {
  if (!store.current || byId("main").getAttribute("aria-busy") === "true") return;
  store.current.anchor = scrollY > 0 ? store.inSight : undefined;
  history.replaceState({ ...history.state, anchor: store.current.anchor }, "");
}

/** Have what the address asks for be shown: main.js listens. */
function follow() {
  document.dispatchEvent(new Event("addressed"));
}
