// Uploads: files go straight to the bucket, a few at a time, and the library is asked until it has classified each.
//
//   waiting ─▶ uploading ─▶ classifying ─▶ classified, or rejected with the reason
//                  └──────────── failed: can be tried again

import { ask, asProblem, sendForm } from "./api.js";
import { reachable } from "./connection.js";
import { button, h, icon, opensElsewhere, typeChips } from "./dom.js";
import { date } from "./numbers.js";
import { store } from "./store.js";
import { t, whyRejected } from "./texts.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {"waiting" | "uploading" | "classifying" | "classified" | "rejected" | "refused" | "failed"} State
 *
 * @typedef {object} Upload
 * @property {File} file
 * @property {string} title
 * @property {HTMLElement} element
 * @property {State} state
 * @property {string} [id] of its photo, once its bytes have arrived
 * @property {number} since when its bytes had arrived, in milliseconds of the page
 * @property {number} [took] milliseconds from then until its types were known
 * @property {Photo} [photo]
 */

const AT_ONCE = 4;
const ASKED_AT_ONCE = 6;
const ASK_EVERY_MS = 250;
const LONGEST_MS = 10 * 60_000;
/** @type {State[]} */
const OPEN = ["waiting", "uploading", "classifying"];
/** @type {State[]} */
const FAILED = ["rejected", "refused", "failed"];

export class Uploads {
  /**
   * @param {HTMLElement} section
   * @param {object} callbacks
   * @param {(photo: Photo) => void} callbacks.done is called with each photo that was classified
   * @param {(photo: Photo) => void} callbacks.open shows a photo
   */
  constructor(section, { done, open }) {
    this.section = section;
    this.done = done;
    this.open = open;
    /** @type {Upload[]} */
    this.files = [];
    this.sending = 0;
    this.watching = false;
    this.heading = h("h2", { "aria-live": "polite" });
    this.list = h("ul");
    this.failures = h("ul");
    this.tryAll = button({ label: t.tryAllAgain, icon: "i-retry", class: "quiet", onclick: () => this.retryAll() });
    this.failed = h("section", { class: "failures", "aria-label": t.failed, hidden: true }, h("div", {}, h("h3", {}, t.failed), this.tryAll), this.failures);
    this.share = h("progress", { max: 1, value: 0, "aria-hidden": "true" });
    this.minimised = h("button", { type: "button", class: "round", "aria-expanded": "true", "aria-label": t.minimise, onclick: () => this.minimise() }, icon("i-down"));
    this.close = button({ label: t.closeUploads, icon: "i-close", round: true, onclick: () => this.dismiss() });
    section.append(h("div", { class: "head" }, this.heading, this.minimised, this.close), this.share, this.failed, this.list);
    addEventListener("beforeunload", (event) => this.files.some(({ state }) => state === "waiting" || state === "uploading") && event.preventDefault());
  }

  /** @param {File[]} files */
  add(files) {
    if (!files.length) return;
    /** @type {Upload[]} */
    const added = files.map((file) => ({
      file,
      title: file.name.replace(/\.\w{1,5}$/, "") || file.name,
      element: h("li", { tabindex: -1 }),
      state: "waiting",
      since: 0,
    }));
    this.files.push(...added);
    for (const upload of added) this.set(upload, "waiting");
    if (this.section.hidden) this.minimise(matchMedia("(max-width: 600px)").matches); // where it would cover the photos
    this.section.hidden = false;
    added[0].element.scrollIntoView({ block: "nearest" });
    this.next();
  }

  next() {
    for (const upload of this.files) {
      if (this.sending >= AT_ONCE) return;
      if (upload.state === "waiting") this.send(upload);
    }
  }

  /** @param {Upload} upload */
  async send(upload) {
    this.sending++;
    this.set(upload, "uploading", { share: 0 });
    const { file } = upload;
    try {
      const form = await ask("uploads", { method: "POST", body: described(upload) });
      await sendForm(form, file, (share) => this.set(upload, "uploading", { share }), store.library.max_bytes);
      upload.id = form.id;
      upload.since = performance.now();
      this.set(upload, "classifying");
      this.watch();
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 0 && (await reachable())) this.set(upload, "waiting"); // it was offline
      // What is wrong with the file itself is wrong the next time, too.
      else this.set(upload, problem.status === 400 ? "refused" : "failed", { reason: problem.message });
    }
    this.sending--;
    this.next();
  }

  /** Ask for the photos that are being classified, the oldest first, until there are none. */
  async watch() {
    if (this.watching) return;
    this.watching = true;
    for (;;) {
      const waiting = this.files.filter((upload) => upload.state === "classifying");
      if (!waiting.length) break;
      await Promise.all(waiting.slice(0, ASKED_AT_ONCE).map((upload) => this.look(upload)));
      // One that takes long makes room for others.
      if (waiting.length > ASKED_AT_ONCE) this.files.push(...this.files.splice(this.files.indexOf(waiting[0]), 1));
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    this.watching = false;
  }

  /** @param {Upload} upload */
  async look(upload) {
    try {
      /** @type {Photo} */
      const photo = await ask(`photos/${upload.id}`);
      upload.photo = photo;
      upload.took = performance.now() - upload.since;
      if (photo.status === "rejected") this.set(upload, "rejected", { reason: whyRejected(photo) });
      else {
        this.set(upload, "classified");
        this.done(photo);
      }
    } catch {
      if (performance.now() - upload.since > LONGEST_MS) this.set(upload, "failed", { reason: t.stillProcessing });
    }
  }

  /** @param {Upload} upload @param {State} state @param {{ share?: number, reason?: string }} [more] */
  set(upload, state, { share = 0, reason = "" } = {}) {
    upload.state = state;
    const { element, file, photo } = upload;
    const place = FAILED.includes(state) ? this.failures : this.list;
    if (element.parentElement !== place) place.append(element);
    element.className = state;
    element.dataset.took = `${upload.took ?? ""}`;
    const text = { waiting: t.waiting, uploading: "", classifying: t.recognising, classified: "", refused: reason, rejected: reason, failed: reason }[state];
    const image = photo?.thumbnail_url ? h("img", { src: photo.thumbnail_url, alt: "" }) : h("span", { class: "blank" }, icon("i-hanger"));
    const title = photo ? this.link(photo, file.name) : h("span", { class: "title" }, file.name);
    const line =
      state === "uploading"
        ? h("progress", { max: 1, value: share, "aria-label": t.progressOf(file.name, share) })
        : h("span", { class: "state" }, text, ...(state === "classified" && photo ? typeChips(photo) : []), photo?.duplicates && h("span", { class: "chip faint" }, t.alreadyThere));
    const retry = state === "failed" && !upload.id && button({ label: t.tryFileAgain(file.name), icon: "i-retry", round: true, onclick: () => this.retry(upload) });
    element.replaceChildren(image, h("div", {}, title, line), ...(retry ? [retry] : []));
    this.summarise();
  }

  /** @param {Photo} photo @param {string} name */
  link(photo, name) {
    const link = h("a", { class: "title", href: `?photo=${photo.id}` }, name);
    link.addEventListener("click", (event) => {
      if (opensElsewhere(event)) return;
      event.preventDefault();
      this.open(photo);
    });
    return link;
  }

  retryAll() {
    for (const upload of this.files) if (upload.state === "failed" && !upload.id) this.set(upload, "waiting");
    this.next();
  }

  /** Show only how far the uploads are, or all of them. @param {boolean} [small] */
  minimise(small = !this.section.classList.contains("small")) {
    this.section.classList.toggle("small", small);
    this.minimised.setAttribute("aria-expanded", `${!small}`);
    this.minimised.setAttribute("aria-label", small ? t.expand : t.minimise);
  }

  /** @param {Upload} upload */
  retry(upload) {
    this.set(upload, "waiting");
    upload.element.focus(); // its button is gone
    this.next();
  }

  summarise() {
    /** @param {...State} states */
    const of = (...states) => this.files.filter((upload) => states.includes(upload.state)).length;
    const open = of(...OPEN);
    const text = open ? t.uploading(this.files.length - open, this.files.length) : t.uploadedCount(of("classified"), of("rejected", "refused", "failed"));
    if (this.heading.textContent !== text) this.heading.textContent = text;
    this.share.value = this.files.length ? 1 - open / this.files.length : 1;
    this.share.hidden = open === 0;
    this.close.hidden = open > 0; // what goes on stays in sight
    this.failed.hidden = of(...FAILED) === 0;
    this.tryAll.hidden = of("failed") < 2;
  }

  /** Take the images of the clipboard, each under the time when it was pasted. @param {ClipboardEvent} event */
  paste(event) {
    const images = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (!images.length || event.defaultPrevented) return; // in the search box they are searched for
    event.preventDefault();
    const moment = date(new Date().toISOString());
    this.add(images.map((file) => new File([file], `${t.pasted(moment)}.${file.type.split("/")[1]}`, { type: file.type })));
  }

  dismiss() {
    this.section.hidden = true;
    for (const upload of this.files) if (!OPEN.includes(upload.state)) upload.element.remove();
    this.files = this.files.filter((upload) => OPEN.includes(upload.state));
  }
}

/** What POST /uploads is told about a file. @param {Upload} upload */
function described({ file, title }) {
  // For a content type that the library does not take, as some programs' image/jpg, the name's ending decides.
  const known = Object.keys(store.library.formats).includes(file.type);
  return { name: file.name.slice(-255), size: file.size, content_type: known ? file.type : undefined, title: title.slice(0, 200) };
}
