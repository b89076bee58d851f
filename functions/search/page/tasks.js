// What is done to one photo or to many: each is a request of its own, its progress is said, and what failed can be tried again.

import { ask, asProblem, Problem } from "./api.js";
import { forEach } from "./bulk.js";
import { bringBack, changed, forget, takeOut, uploaded } from "./changes.js";
import { button, byId, h, toast, within } from "./dom.js";
import { download } from "./download.js";
import { again, gallery, later } from "./results.js";
import { keepSelected } from "./selection.js";
import { tell } from "./tabs.js";
import { shown, t, whyRejected } from "./texts.js";
import { typesForm } from "./types_form.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {import("./bulk.js").Report} Report
 * @typedef {object} Task
 * @property {(through: number, all: number) => string} progress
 * @property {(photos: Photo[], progress: (through: number) => void) => Promise<Report>} work
 * @property {(done: number, failed: number) => string} result
 * @property {Task} [undo]
 */

const ASK_EVERY_MS = 500;
const LONGEST_MS = 60_000;
const question = /** @type {HTMLDialogElement} */ (byId("question"));

/** @type {Task} */
const restoring = {
  progress: t.restoringOf,
  result: t.restoredOf,
  work: async (photos, progress) => {
    const report = await forEach(photos, ({ id }) => sent(`photos/${id}/restore`, "POST", 409), progress);
    const ids = report.done.map(({ id }) => id);
    if (ids.length) await untilKnown(ids[ids.length - 1]);
    bringBack(ids);
    tell({ kind: "restored", ids });
    return report;
  },
};
/** @type {Task} */
const deleting = {
  progress: t.deletingOf,
  result: t.deletedOf,
  undo: restoring,
  work: async (photos, progress) => {
    const report = await forEach(photos, ({ id }) => sent(`photos/${id}`, "DELETE", 404), progress);
    const ids = report.done.map(({ id }) => id);
    if (ids.length) forget(ids);
    tell({ kind: "deleted", ids });
    return report;
  },
};
/** @type {Task} */
const retrying = {
  progress: t.retrying,
  result: t.addedOf,
  work: async (photos, progress) => {
    const report = await forEach(photos, processAgain, progress);
    takeOut(report.done.map(({ id }) => id));
    return report;
  },
};
/** @type {Task} */
const downloading = { progress: t.downloadingOf, result: t.downloadedOf, work: download };

/** @param {string[]} types @returns {Task} */
const settingTypes = (types) => ({
  progress: t.savingOf,
  result: (done, failed) => t.savedOf(done, failed, types.map(shown)),
  work: async (photos, progress) => {
    /** @param {Photo} photo */
    const set = async ({ id }) => {
      const photo = await ask(`photos/${id}/types`, { method: "PUT", body: { types } });
      changed(photo);
      tell({ kind: "changed", photo });
    };
    const report = await forEach(photos, set, progress);
    later(again);
    return report;
  },
});

/** @type {Record<string, (photos: Photo[]) => void>} */
export const tasks = {
  setTypes: askTypes,
  copyLinks,
  download: (photos) => run(photos, downloading),
  delete: askDelete,
  retry: (photos) => run(photos, retrying),
  restore: (photos) => run(photos, restoring),
};

byId("gallery").addEventListener("click", (event) => {
  const pressed = event.target instanceof Element && event.target.closest("[data-task]");
  if (!(pressed instanceof HTMLElement)) return;
  const index = Number(pressed.closest("li")?.dataset.index);
  tasks[pressed.dataset.task ?? ""]([gallery.photos[index]]);
});

/** Say that photos were deleted, which can be undone. @param {Photo[]} photos */
export function offerUndo(photos) {
  offer(photos, deleting);
}

/**
 * Do something to photos, say how far it is, and at the end what failed, which can be tried again.
 * @param {Photo[]} photos
 * @param {Task} task
 */
async function run(photos, task) {
  /** @param {number} through */
  const progress = (through) => document.dispatchEvent(new CustomEvent("task", { detail: { text: task.progress(through, photos.length), share: through / photos.length } }));
  progress(0);
  try {
    const { done, failed } = await task.work(photos, progress);
    if (failed.length) reportFailures(task.result(done.length, failed.length), failed, () => run(failed.map(({ photo }) => photo), task));
    if (done.length && (task.undo || !failed.length)) offer(done, task);
    const ids = new Set(done.map(({ id }) => id));
    keepSelected(({ id }) => !ids.has(id));
  } catch (error) {
    toast(asProblem(error).message);
  } finally {
    document.dispatchEvent(new CustomEvent("task"));
  }
}

/** Say what was done; where it can be undone, with a button for it. @param {Photo[]} photos @param {Task} task */
function offer(photos, { result, undo }) {
  toast(result(photos.length, 0), undo && { label: t.undo, onclick: () => run(photos, undo) });
}

/** Send a request, which may have been fulfilled before. Throws Problem. @param {string} path @param {string} method @param {number} fulfilled is the status then */
async function sent(path, method, fulfilled) {
  try {
    await ask(path, { method });
  } catch (error) {
    if (asProblem(error).status !== fulfilled) throw error;
  }
}

/** Resolves once the library knows a photo, or after a while. @param {string} id */
async function untilKnown(id) {
  const begun = performance.now();
  while (performance.now() - begun < LONGEST_MS) {
    const known = await ask(`photos/${id}`).then(() => true, () => false);
    if (known) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Have a rejected photo processed again. Throws Problem with the reason if it is rejected again. @param {Photo} photo */
async function processAgain({ id }) {
  const before = (await ask(`photos/${id}/retry`, { method: "POST" })).updated_at;
  for (const begun = performance.now(); performance.now() - begun < LONGEST_MS; ) {
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    /** @type {Photo} */
    const now = await ask(`photos/${id}`);
    if (now.updated_at === before) continue;
    if (now.status === "rejected") throw new Problem(0, whyRejected(now));
    uploaded(now);
    tell({ kind: "uploaded", photo: now });
    return;
  }
  throw new Problem(0, t.stillProcessing);
}

/** @param {string} result @param {Report["failed"]} failed @param {() => void} tryAgain */
function reportFailures(result, failed, tryAgain) {
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

/** @param {Photo[]} photos */
function askDelete(photos) {
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

/** @param {Photo[]} photos */
function askTypes(photos) {
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

/** @param {Photo[]} photos */
async function copyLinks(photos) {
  const links = photos.map(({ id }) => new URL(`?photo=${id}`, location.href).href);
  try {
    await navigator.clipboard.writeText(links.join("\n"));
    toast(t.linksCopied(links.length));
    keepSelected(() => false);
  } catch {
    toast(t.cannotCopy);
  }
}
