// The bar over the page while photos are selected: how many there are, and what can be done with all of them.

import { ask, asProblem } from "./api.js";
import { forEach } from "./bulk.js";
import { changed, forget } from "./changes.js";
import { button, byId, h, toast, within } from "./dom.js";
import { download } from "./download.js";
import { again, gallery, later } from "./results.js";
import { keepSelected, select } from "./selection.js";
import { store } from "./store.js";
import { tell } from "./tabs.js";
import { shown, t } from "./texts.js";
import { typesForm } from "./types_form.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./bulk.js").Report} Report
 * @typedef {object} Task something that is done to each of the photos that are selected
 * @property {(through: number, all: number) => string} progress
 * @property {(photos: Photo[], progress: (through: number) => void) => Promise<Report>} work
 * @property {(done: number, failed: number) => string} result
 */

const bar = byId("selection");
const question = /** @type {HTMLDialogElement} */ (byId("question"));
const number = h("p", { role: "status" });
const share = h("progress", { max: 1, value: 0, hidden: true, "aria-hidden": "true" });
const actions = [
  button({ label: t.setTypes, icon: "i-edit", onclick: askTypes }),
  button({ label: t.copyLinks, icon: "i-link", onclick: copyLinks }),
  button({ label: t.download, icon: "i-download", onclick: () => run(chosen(), downloading) }),
  button({ label: t.delete, icon: "i-delete", class: "danger", onclick: askDelete }),
];
bar.append(button({ label: t.clearSelection, icon: "i-close", round: true, onclick: () => select([]) }), number, h("p", { class: "actions" }, ...actions), share);

/** @type {Task} */
const deleting = {
  progress: t.deletingOf,
  result: t.deletedOf,
  work: async (photos, progress) => {
    const deleted = await forEach(photos, ({ id }) => remove(id), progress);
    const ids = deleted.done.map(({ id }) => id);
    if (ids.length) forget(ids);
    tell({ kind: "deleted", ids });
    return deleted;
  },
};
/** @type {Task} */
const downloading = { progress: t.downloadingOf, result: t.downloadedOf, work: download };

/** @param {string[]} types @returns {Task} */
const settingTypes = (types) => ({
  progress: t.savingOf,
  result: (done, failed) => t.savedOf(done, failed, types.map(shown)),
  work: async (photos, progress) => {
    const saved = await forEach(
      photos,
      async ({ id }) => {
        const photo = await ask(`photos/${id}/types`, { method: "PUT", body: { types } });
        changed(photo);
        tell({ kind: "changed", photo });
      },
      progress,
    );
    later(again);
    return saved;
  },
});

/** @param {string} id */
async function remove(id) {
  try {
    await ask(`photos/${id}`, { method: "DELETE" });
  } catch (error) {
    if (asProblem(error).status !== 404) throw error; // it is gone already
  }
}

document.addEventListener("selection-changed", show);
document.addEventListener("results-changed", () => {
  const { asked } = store;
  // Photos that are out of sight with another search are not worked on with those in sight.
  keepSelected(({ id }) => asked === store.selectedIn && gallery.has(id));
  store.selectedIn = asked;
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
  bar.hidden = !size && share.hidden;
  document.body.classList.toggle("selecting", size > 0);
  if (share.hidden) number.textContent = t.selected(size);
}

/** The photos that are selected, in the gallery's order. */
function chosen() {
  return gallery.photos.filter(({ id }) => store.selected.has(id));
}

/** Do something to photos, say how far it is, and at the end what failed, which can be tried again. @param {Photo[]} photos @param {Task} task */
async function run(photos, task) {
  for (const action of actions) action.disabled = true;
  share.hidden = false;
  /** @param {number} through */
  const progress = (through) => {
    number.textContent = task.progress(through, photos.length);
    share.value = through / photos.length;
  };
  progress(0);
  try {
    const { done, failed } = await task.work(photos, progress);
    const result = task.result(done.length, failed.length);
    if (failed.length) report(result, failed, () => run(failed.map(({ photo }) => photo), task));
    else toast(result);
    const ids = new Set(done.map(({ id }) => id));
    keepSelected(({ id }) => !ids.has(id));
  } catch (error) {
    toast(asProblem(error).message);
  } finally {
    for (const action of actions) action.disabled = false;
    share.hidden = true;
    show();
  }
}

/** @param {string} result @param {Report["failed"]} failed @param {() => void} tryAgain */
function report(result, failed, tryAgain) {
  const retry = button({
    label: t.tryAgain,
    class: "primary",
    onclick: () => {
      question.close();
      tryAgain();
    },
  });
  const lines = failed.map(({ photo, reason }) => h("li", {}, h("bdi", {}, photo.title ?? t.untitled), `: ${reason}`));
  pose(result, h("ul", { class: "failed", tabindex: 0, "aria-label": t.failed }, ...lines), h("p", { class: "actions" }, retry, button({ label: t.close, onclick: () => question.close() })));
  retry.focus();
}

function askDelete() {
  const photos = chosen();
  const no = button({ label: t.cancel, onclick: () => question.close() });
  const yes = button({
    label: t.delete,
    class: "danger solid",
    onclick: () => {
      question.close();
      run(photos, deleting);
    },
  });
  pose(t.deleteThese(photos.length), h("p", {}, t.theseDeletedForEveryone), h("p", { class: "actions" }, yes, no));
  no.focus();
}

function askTypes() {
  const photos = chosen();
  const form = typesForm({
    legend: t.whatDoTheyShow,
    cancel: () => question.close(),
    save: async (types) => {
      question.close();
      run(photos, settingTypes(types));
    },
  });
  pose(t.setTypesOf(photos.length), form);
  within(form, "input").focus();
}

/** @param {string} heading @param {...HTMLElement} content */
function pose(heading, ...content) {
  question.replaceChildren(h("h2", { id: "question-title" }, heading), ...content);
  question.showModal();
}

async function copyLinks() {
  const links = chosen().map(({ id }) => new URL(`?photo=${id}`, location.href).href);
  try {
    await navigator.clipboard.writeText(links.join("\n"));
    toast(t.linksCopied(links.length));
    select([]);
  } catch {
    toast(t.cannotCopy);
  }
}
