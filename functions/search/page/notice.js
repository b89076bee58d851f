// What is said in place of the photos: that they are coming, that there are none, or why they cannot be loaded.

import { change } from "./address.js";
import { button, byId, h, icon } from "./dom.js";
import { clearAll, placeOf, query, tidy } from "./query.js";
import { t } from "./texts.js";

/** @typedef {import("./store.js").Found} Found */

/** @param {...import("./dom.js").Child} children */
function say(...children) {
  const notice = byId("notice");
  notice.replaceChildren();
  for (const child of children) if (child) notice.append(child);
  notice.hidden = false;
}

export function sayLoading() {
  say(h("div", { class: "skeleton", role: "status", "aria-label": t.loadingPhotos }, ...Array.from({ length: 12 }, () => h("i"))));
}

/** @param {Found} entry */
export function sayNothingFound(entry) {
  const wanted = query();
  const place = placeOf(wanted);
  if (place !== "photos") {
    say(icon("i-hanger"), h("h2", {}, place === "rejected" ? t.nothingRejected : t.nothingDeleted), button({ label: t.showAll, onclick: () => change(clearAll) }));
    return;
  }
  wanted.delete("duplicates");
  if (![...wanted].length) {
    byId("filters").hidden = true;
    say(icon("i-hanger"), h("h2", {}, t.noPhotosYet), h("p", {}, t.noPhotosYetWhy), button({ label: t.choosePhotos, icon: "i-upload", class: "primary", onclick: () => byId("files").click() }));
    return;
  }
  if (entry.answer.compared?.photos === 0 && [...wanted].length === 1) {
    say(icon("i-search"), h("h2", {}, t.noneToCompare), h("p", {}, t.noneToCompareWhy), button({ label: t.showAll, onclick: () => change(clearAll) }));
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
export function sayFailed(problem, tryAgain) {
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
}
