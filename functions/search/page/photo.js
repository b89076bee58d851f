// One photo, large: what it shows, what is known of it, what is alike, and what can be done with it.

import { ask } from "./api.js";
import { bytes, count, date, h, icon, percent, SWATCHES, toast, typeChips } from "./dom.js";
import { swatch, TYPES } from "./filters.js";

export class PhotoView {
  /**
   * `go` shows a photo beside this one, `open` one that is alike, `near` gives those beside one in the gallery, and
   * `address` is a photo's; the others are told what was done.
   */
  constructor(dialog, question, { go, open, near, address, close, changed, deleted }) {
    Object.assign(this, { dialog, question, go, open, near, address, close, changed, deleted });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && this.close());
    dialog.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show the photo with this id; what the gallery knows of it is shown until the whole of it is there. */
  async show(id, known) {
    this.id = id;
    this.failure = undefined;
    if (!this.dialog.open) this.dialog.showModal();
    if (known) this.draw(known);
    else this.say(h("p", { role: "status" }, "Loading…"));
    await this.load(id);
  }

  async load(id) {
    try {
      const photo = await ask(`/photos/${id}`);
      if (this.id !== id) return;
      this.failure?.remove();
      this.failure = undefined;
      if (!this.form) this.draw(photo); // what is being corrected is not drawn over
      await this.relate(id);
    } catch (problem) {
      if (this.id === id) this.fail(id, problem);
    }
  }

  /** Say what went wrong, beside what is drawn already; what may pass can be tried again. */
  fail(id, problem) {
    const gone = problem.status === 404;
    const again = () => this.id === id && this.failure === failure && this.load(id);
    const button = h("button", { type: "button", onclick: again }, icon("i-retry"), "Try again");
    const failure = h("div", { class: "banner" }, h("p", { role: "alert" }, gone ? "This photo is not there any more." : problem.message), !gone && button);
    const pressed = document.activeElement.closest(".banner, .notice");
    this.failure?.remove();
    this.failure = failure;
    const about = this.dialog.querySelector(".about");
    if (about && !gone) about.prepend(failure);
    else this.say(...failure.children);
    if (pressed) button.focus();
    if (problem.retryAfter) setTimeout(again, problem.retryAfter * 1000);
  }

  /** Show a line, and what comes with it, instead of a photo. */
  say(line, ...others) {
    this.form = undefined;
    line.id = "photo-title";
    this.dialog.replaceChildren(this.bar(), h("div", { class: "notice" }, line, ...others));
    this.dialog.querySelector("[aria-label=Close]").focus();
  }

  hide() {
    this.id = undefined;
    this.question.close();
    this.dialog.close();
    this.dialog.replaceChildren();
  }

  key(event) {
    if (event.key === "Escape" && this.form) {
      event.preventDefault(); // it ends the correction, not the view
      this.form.querySelector("[type=button]").click();
      return;
    }
    if (event.target.closest("input, textarea, select")) return;
    const [before, after] = this.near(this.id);
    const other = { ArrowLeft: before, ArrowRight: after }[event.key];
    if (other) this.go(other);
  }

  /** Bring the way to the photos beside this one up to date with the gallery. */
  showNear() {
    const bar = this.dialog.querySelector(".bar");
    if (bar && !bar.contains(document.activeElement)) bar.replaceWith(this.bar());
    else if (bar) {
      const label = document.activeElement.getAttribute("aria-label");
      bar.replaceWith(this.bar());
      this.dialog.querySelector(`.bar [aria-label="${label}"]`).focus();
    }
  }

  bar() {
    const [before, after] = this.near(this.id);
    const step = (photo, name, label) =>
      h("button", { type: "button", class: "round", "aria-label": label, disabled: !photo, onclick: () => this.go(photo) }, icon(name));
    return h(
      "div",
      { class: "bar" },
      step(before, "i-left", "Previous photo"),
      step(after, "i-right", "Next photo"),
      h("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => this.close() }, icon("i-close")),
    );
  }

  draw(photo) {
    document.title = `\u2068${photo.title ?? "Untitled"}\u2069 · Photo Library`; // isolated: it may turn the direction
    const had = this.dialog.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
    this.types = h("section", { class: "types", "aria-label": "Types" });
    this.drawTypes(photo);
    this.related = h("section", { class: "related", "aria-label": "Related photos", hidden: true });
    const facts = [
      ["Uploaded", date(photo.uploaded_at)],
      ["Taken", photo.taken_at && date(photo.taken_at)],
      ["Size", photo.width && `${count(photo.width)} × ${count(photo.height)} pixels`],
      ["File", [photo.format, photo.size && bytes(photo.size)].filter(Boolean).join(", ")],
    ];
    this.dialog.replaceChildren(
      this.bar(),
      this.picture(photo),
      h(
        "div",
        { class: "about" },
        h("h2", { id: "photo-title" }, photo.title ?? "Untitled"),
        photo.status === "rejected" && h("p", { class: "banner" }, photo.detail),
        this.types,
        photo.colors?.length &&
          h("p", { class: "colors" }, ...photo.colors.map((name) => h("span", { class: "chip" }, swatch(name), name))),
        h("dl", {}, ...facts.filter(([, fact]) => fact).flatMap(([name, fact]) => [h("dt", {}, name), h("dd", {}, fact)])),
        h(
          "p",
          { class: "actions" },
          photo.download_url && h("a", { class: "button", href: photo.download_url, download: "" }, icon("i-download"), "Download"),
          h("button", { type: "button", class: "danger", onclick: () => this.confirm(photo) }, icon("i-delete"), "Delete"),
        ),
      ),
      this.related,
    );
    const again = had && [...this.dialog.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === had);
    (again || this.dialog.querySelector("[aria-label=Close]")).focus();
  }

  picture(photo) {
    const image = h("img", { src: photo.url, alt: `Photo: ${photo.title ?? "untitled"}`, width: photo.width, height: photo.height });
    const frame = h("figure", {}, image);
    frame.style.setProperty("--main", SWATCHES[photo.colors?.[0]] ?? "transparent");
    if (photo.thumbnail_url) image.style.backgroundImage = `url("${CSS.escape(photo.thumbnail_url)}")`;
    image.addEventListener("load", () => (image.style.backgroundImage = ""), { once: true });
    image.addEventListener(
      "error",
      () => {
        if (photo.thumbnail_url) image.src = photo.thumbnail_url;
        const why = `This browser does not show ${photo.format ?? "such"} files in full; the download is the original.`;
        frame.append(h("figcaption", {}, photo.status === "rejected" ? "There is no picture to show." : why));
      },
      { once: true },
    );
    return frame;
  }

  drawTypes(photo) {
    this.form = undefined;
    if (photo.status !== "classified") return;
    const said = photo.types_source === "person";
    const rows = Object.entries(photo.types).map(([type, probability]) => {
      const bar = h("i", { class: "bar-of" });
      bar.style.width = `${probability * 100}%`;
      return h("li", {}, h("span", {}, type), h("span", { class: "track", "aria-hidden": "true" }, bar), h("b", {}, percent(probability)));
    });
    this.types.replaceChildren(
      h(
        "ul",
        { class: "bars" },
        ...rows,
        !rows.length && h("li", {}, said ? "None of the ten types" : "No type is likely"),
      ),
      h(
        "p",
        { class: "source" },
        said && h("span", { class: "said" }, icon("i-person"), "Said by a person"),
        h("button", { type: "button", class: "quiet", onclick: () => this.edit(photo) }, icon("i-edit"), said ? "Change" : "Not right?"),
      ),
    );
  }

  /** Ask what the photo really shows. */
  edit(photo) {
    const now = Object.keys(photo.types)[0] ?? "";
    const choice = (value, text) =>
      h("label", { class: "facet" }, h("input", { type: "radio", name: "said", value, checked: value === now }), text);
    const failure = h("p", { role: "alert" });
    const done = (of) => {
      this.drawTypes(of);
      this.types.querySelector("button").focus();
    };
    const form = h(
      "form",
      { class: "correct" },
      h("fieldset", {}, h("legend", {}, "What does it show?"), ...TYPES.map((type) => choice(type, type)), choice("", "None of these")),
      h(
        "p",
        { class: "actions" },
        h("button", { class: "primary", type: "submit" }, "Save"),
        h("button", { type: "button", onclick: () => done(photo) }, "Cancel"),
      ),
      failure,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const type = new FormData(form).get("said");
      form.querySelector("[type=submit]").disabled = true;
      try {
        const corrected = await ask(`/photos/${photo.id}/types`, { method: "PUT", body: { types: type ? [type] : [] } });
        toast(type ? `Thank you. It shows: ${type}.` : "Thank you. It shows none of the types.");
        this.changed(corrected);
        if (this.id === photo.id) {
          done(corrected);
          await this.relate(photo.id);
        }
      } catch (problem) {
        form.querySelector("[type=submit]").disabled = false;
        failure.textContent = problem.message;
      }
    });
    this.form = form;
    this.types.replaceChildren(form);
    (form.querySelector("input:checked") ?? form.querySelector("input")).focus();
  }

  confirm(photo) {
    const no = h("button", { type: "button", onclick: () => this.question.close() }, "Keep it");
    const failure = h("p", { role: "alert" });
    const yes = h("button", { type: "button", class: "danger solid", onclick: () => this.delete(photo, yes, failure) }, "Delete");
    this.question.replaceChildren(
      h("h2", { id: "question-title" }, "Delete this photo?"),
      h("p", {}, "“", h("bdi", {}, photo.title ?? "Untitled"), "” goes for everybody who uses this library."),
      h("p", { class: "actions" }, yes, no),
      failure,
    );
    this.question.showModal();
    no.focus();
  }

  async delete(photo, button, failure) {
    button.disabled = true;
    failure.textContent = "";
    try {
      await ask(`/photos/${photo.id}`, { method: "DELETE" });
    } catch (problem) {
      button.disabled = false;
      if (problem.status !== 404) {
        failure.textContent = problem.message;
        return;
      }
    }
    this.question.close();
    toast("Deleted.");
    this.deleted(photo.id);
  }

  async relate(id) {
    const { photos } = await ask(`/photos/${id}/related?limit=12`).catch(() => ({ photos: [] }));
    if (this.id !== id || !photos.length) {
      this.related.hidden = true;
      return;
    }
    this.related.replaceChildren(
      h("h3", {}, "Related"),
      h(
        "ul",
        {},
        ...photos.map((photo) => {
          const image = h("img", { src: photo.thumbnail_url ?? photo.url, alt: "", loading: "lazy", decoding: "async" });
          image.style.backgroundColor = SWATCHES[photo.colors?.[0]] ?? "";
          const link = h("a", { class: "card", href: this.address(photo.id) }, image, h("span", { class: "title" }, photo.title), h("span", { class: "chips" }, typeChips(photo, 1)));
          link.addEventListener("click", (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            this.open(photo);
          });
          return h("li", {}, link);
        }),
      ),
    );
    this.related.hidden = false;
  }
}
