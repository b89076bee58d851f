// Uploads: files go straight to the bucket, a few at a time, and the library is asked until it has looked at each.
//
//   waiting ─▶ uploading ─▶ classifying ─▶ classified, or rejected with the reason
//                  └──────────── failed: can be tried again

import { ask, sendForm } from "./api.js";
import { h, icon, percent, typeChips } from "./dom.js";

const AT_ONCE = 4;
const ASKED_AT_ONCE = 6;
const ASK_EVERY_MS = 250;
const LONGEST_MS = 10 * 60_000;
// What the library takes by this name. For others, as some programs' image/jpg, the file's ending tells.
const CONTENT_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/heic", "image/heif", "image/avif"];

export class Uploads {
  /** `done` is told of each photo that was classified; `open` shows one. */
  constructor(section, { done, open }) {
    this.section = section;
    this.done = done;
    this.open = open;
    this.files = [];
    this.sending = 0;
    this.heading = h("h2", { "aria-live": "polite" });
    this.list = h("ul");
    section.append(
      h("div", { class: "head" }, this.heading, h("button", { type: "button", class: "round", "aria-label": "Hide the uploads", onclick: () => this.dismiss() }, icon("i-close"))),
      this.list,
    );
    addEventListener("beforeunload", (event) => this.files.some((file) => ["waiting", "uploading"].includes(file.state)) && event.preventDefault());
  }

  add(files) {
    if (!files.length) return;
    const added = files.map((file) => ({ file, title: file.name.replace(/\.\w{1,5}$/, "") || file.name, element: h("li", { tabindex: -1 }) }));
    this.files.push(...added);
    this.list.append(...added.map((upload) => upload.element));
    for (const upload of added) this.set(upload, "waiting");
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

  async send(upload) {
    this.sending++;
    this.set(upload, "uploading", { share: 0 });
    const { file } = upload;
    try {
      const form = await ask("/uploads", {
        method: "POST",
        body: { name: file.name.slice(-255), size: file.size, content_type: CONTENT_TYPES.includes(file.type) ? file.type : undefined, title: upload.title.slice(0, 200) },
      });
      await sendForm(form, file, (share) => this.set(upload, "uploading", { share }));
      upload.id = form.id;
      upload.since = performance.now();
      this.set(upload, "classifying");
      this.watch();
    } catch (problem) {
      // What is wrong with the file itself is wrong the next time, too.
      this.set(upload, problem.status === 400 ? "refused" : "failed", { reason: problem.message });
    }
    this.sending--;
    this.next();
  }

  /** Ask for the photos that are being looked at, the oldest first, until there are none. */
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

  async look(upload) {
    try {
      const photo = await ask(`/photos/${upload.id}`);
      upload.photo = photo;
      upload.took = performance.now() - upload.since;
      if (photo.status === "rejected") this.set(upload, "rejected", { reason: photo.detail });
      else {
        this.set(upload, "classified");
        this.done(photo);
      }
    } catch {
      if (performance.now() - upload.since > LONGEST_MS) {
        this.set(upload, "failed", { reason: "It has arrived, but nobody has looked at it yet. It will appear once that is done." });
      }
    }
  }

  set(upload, state, { share, reason } = {}) {
    upload.state = state;
    upload.element.className = state;
    upload.element.dataset.took = upload.took ?? "";
    const words = { waiting: "Waiting", classifying: "Looking at it…", classified: "", refused: reason, rejected: reason, failed: reason };
    const photo = upload.photo;
    const image = photo?.thumbnail_url ? h("img", { src: photo.thumbnail_url, alt: "" }) : h("span", { class: "blank" }, icon("i-hanger"));
    const line = state === "uploading" ? h("progress", { max: 1, value: share, "aria-label": `${upload.file.name}: ${percent(share)}` }) : null;
    const title = photo ? h("a", { href: `?photo=${photo.id}`, class: "title" }, upload.file.name) : h("span", { class: "title" }, upload.file.name);
    title.addEventListener("click", (event) => {
      if (!photo || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(photo);
    });
    upload.element.replaceChildren(
      image,
      h(
        "div",
        {},
        title,
        line ?? h("span", { class: "state" }, words[state], state === "classified" && typeChips(photo)),
      ),
      ...(state === "failed" && !upload.id
        ? [h("button", { type: "button", class: "round", "aria-label": `Try ${upload.file.name} again`, onclick: () => this.retry(upload) }, icon("i-retry"))]
        : []),
    );
    this.summarise();
  }

  retry(upload) {
    this.set(upload, "waiting");
    upload.element.focus(); // its button is gone
    this.next();
  }

  summarise() {
    const of = (...states) => this.files.filter((upload) => states.includes(upload.state)).length;
    const open = of("waiting", "uploading", "classifying");
    const bad = of("rejected", "refused", "failed");
    const text = open
      ? `Uploading: ${this.files.length - open} of ${this.files.length} done`
      : `${of("classified")} uploaded${bad ? `, ${bad} not` : ""}`;
    if (this.heading.textContent !== text) this.heading.textContent = text;
  }

  dismiss() {
    this.section.hidden = true;
    const open = (upload) => ["waiting", "uploading", "classifying"].includes(upload.state);
    for (const upload of this.files) if (!open(upload)) upload.element.remove();
    this.files = this.files.filter(open);
  }
}
