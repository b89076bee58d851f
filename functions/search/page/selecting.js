// The bar over the page while photos are selected or worked on: how many there are, what can be done, and how far it is.

import { button, byId, h } from "./dom.js";
import { placeOf, query } from "./query.js";
import { gallery } from "./results.js";
import { keepSelected, select } from "./selection.js";
import { store } from "./store.js";
import { tasks } from "./tasks.js";
import { t } from "./texts.js";

const bar = byId("selection");
const number = h("p", { role: "status" });
const share = h("progress", { max: 1, value: 0, hidden: true, "aria-hidden": "true" });
/** What can be done in each place. @type {Record<string, HTMLButtonElement[]>} */
const actions = {
  photos: [action("setTypes", t.setTypes, "i-edit"), action("copyLinks", t.copyLinks, "i-link"), action("download", t.download, "i-download"), action("delete", t.delete, "i-delete", "danger")],
  rejected: [action("retry", t.tryAgain, "i-retry"), action("delete", t.delete, "i-delete", "danger")],
  deleted: [action("restore", t.restore, "i-retry")],
};
const clear = button({ label: t.clearSelection, icon: "i-close", round: true, onclick: () => select([]) });
bar.append(clear, number, h("p", { class: "actions" }, ...Object.values(actions).flat()), share);

document.addEventListener("selection-changed", show);
document.addEventListener("results-changed", () => {
  const { asked } = store;
  // Photos that are out of sight with another search are not worked on with those in sight.
  keepSelected(({ id }) => asked === store.selectedIn && gallery.has(id));
  store.selectedIn = asked;
});
document.addEventListener("task", (event) => {
  const progress = event instanceof CustomEvent ? event.detail : null;
  share.hidden = !progress;
  share.value = progress?.share ?? 0;
  if (progress) number.textContent = progress.text;
  show();
});
addEventListener("keydown", (event) => {
  const busy = !(event.target instanceof Element) || event.target.closest("input, select, textarea, dialog[open]");
  if (busy || event.defaultPrevented || !store.selected.size) return;
  if (event.key === "Escape") select([]);
  if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    select(gallery.photos);
  }
});

function show() {
  const { size } = store.selected;
  const working = !share.hidden;
  const here = actions[placeOf(query())];
  for (const one of Object.values(actions).flat()) {
    one.hidden = !size || !here.includes(one);
    one.disabled = working;
  }
  clear.hidden = working;
  bar.hidden = !size && !working;
  document.body.classList.toggle("selecting", size > 0);
  if (!working) number.textContent = t.selected(size);
}

/** @param {string} task @param {string} label @param {string} symbol @param {string} [kind] */
function action(task, label, symbol, kind) {
  const selected = () => gallery.photos.filter(({ id }) => store.selected.has(id));
  return button({ label, icon: symbol, class: kind, onclick: () => tasks[task](selected()) });
}
