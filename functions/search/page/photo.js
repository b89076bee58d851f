// One photo, large: its types, the facts about it, similar photos, and what can be done with it.

import { ask, asProblem } from "./api.js";
import { copiesOf } from "./copies.js";
import { button, described, h, hexOf, icon, opensElsewhere, swatch, toast, typeChips, typesOf, within } from "./dom.js";
import { bytes, date, percent } from "./numbers.js";
import { shown, t, whyRejected } from "./texts.js";
import { typesForm } from "./types_form.js";
import { Zoom } from "./zoom.js";

/** @typedef {import("./api.js").Photo} Photo */

export class PhotoView {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {object} callbacks
   * @param {(photo: Photo) => void} callbacks.go shows a photo beside this one
   * @param {(photo: Photo) => void} callbacks.open shows a similar photo
   * @param {(id: string) => (Photo | undefined)[]} callbacks.near gives the photos before and after one in the gallery
   * @param {(id: string) => string} callbacks.address is a photo's
   * @param {(parameter: "type" | "color", value: string) => void} callbacks.search starts a search
   * @param {() => void} callbacks.close
   * @param {(photo: Photo) => void} callbacks.changed
   * @param {(photo: Photo) => void} callbacks.deleted
   */
  constructor(dialog, { go, open, near, address, search, close, changed, deleted }) {
    this.dialog = dialog;
    this.go = go;
    this.open = open;
    this.near = near;
    this.address = address;
    this.search = search;
    this.close = close;
    this.changed = changed;
    this.deleted = deleted;
    this.id = "";
    /** @type {HTMLElement | undefined} */
    this.failure = undefined;
    /** @type {HTMLFormElement | undefined} */
    this.form = undefined;
    /** @type {{ figure: HTMLElement, zoom: Zoom, of: string } | undefined} */
    this.picture = undefined;
    this.remove = h("button");
    this.types = h("section");
    this.related = h("section");
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && this.close());
    // Of the whole page: what had the focus may have been drawn anew.
    addEventListener("keydown", (event) => this.id && !document.querySelector("dialog[open]:not(#photo)") && this.pressed(event));
  }

  /** Show the photo with this id; what the gallery knows of it is shown until all of it is there. @param {string} id @param {Photo} [known] */
  async show(id, known) {
    this.id = id;
    this.failure = undefined;
    if (!this.dialog.open) this.dialog.showModal();
    if (known) this.draw(known);
    else this.say(h("p", { role: "status" }, t.loading));
    await this.load(id);
  }

  /** @param {string} id */
  async load(id) {
    try {
      const photo = await ask(`photos/${id}`);
      if (this.id !== id) return;
      this.failure?.remove();
      this.failure = undefined;
      if (!this.form) this.draw(photo); // a correction is not drawn over
      await this.relate(id);
    } catch (error) {
      if (this.id === id) this.fail(id, asProblem(error));
    }
  }

  /** Say what went wrong, beside what is drawn already; what may pass can be tried again. @param {string} id @param {import("./api.js").Problem} problem */
  fail(id, problem) {
    const gone = problem.status === 404;
    const again = () => {
      if (this.id === id && this.failure === failure) this.load(id);
    };
    const retry = button({ label: t.tryAgain, icon: "i-retry", onclick: again });
    const failure = h("div", { class: "banner" }, h("p", { role: "alert" }, gone ? t.photoNotFound : problem.message), !gone && retry);
    const pressed = document.activeElement?.closest(".banner, .notice");
    this.failure?.remove();
    this.failure = failure;
    const about = this.dialog.querySelector(".about");
    if (about && !gone) about.prepend(failure);
    else this.say(...failure.children);
    if (pressed) retry.focus();
    if (problem.retryAfter) setTimeout(again, problem.retryAfter * 1000);
  }

  /** Show a line, and what comes with it, instead of a photo. @param {...Element} lines */
  say(...lines) {
    this.form = undefined;
    lines[0].id = "photo-title";
    this.dialog.replaceChildren(this.bar(), h("div", { class: "notice" }, ...lines));
    this.focusClose();
  }

  hide() {
    this.id = "";
    this.dialog.close();
    this.dialog.replaceChildren();
    this.picture = undefined;
  }

  focusClose() {
    within(this.dialog, `[aria-label="${t.close}"]`).focus();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key === "Escape" && this.form) {
      event.preventDefault(); // it ends the correction, not the view
      within(this.form, "[type=button]").click();
      return;
    }
    if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.picture?.zoom.pressed(event.key)) {
      event.preventDefault();
      return;
    }
    const [before, after] = this.near(this.id);
    const other = { ArrowLeft: before, ArrowRight: after, k: before, j: after }[event.key];
    if (other) this.go(other);
    if (event.key === "Delete") this.remove.click();
  }

  /** A finger pushed the picture away. @param {"left" | "right" | "down"} direction */
  swiped(direction) {
    if (direction === "down") return this.close();
    const [before, after] = this.near(this.id);
    const other = direction === "left" ? after : before;
    if (other) this.go(other);
  }

  /** Bring the buttons to the photos beside this one up to date with the gallery. */
  showNear() {
    const bar = this.dialog.querySelector(".bar");
    if (!bar) return;
    const label = bar.contains(document.activeElement) && document.activeElement?.getAttribute("aria-label");
    bar.replaceWith(this.bar());
    if (label) within(this.dialog, `.bar [aria-label="${label}"]`).focus();
  }

  bar() {
    const [before, after] = this.near(this.id);
    return h(
      "div",
      { class: "bar" },
      button({ label: t.previous, icon: "i-left", round: true, disabled: !before, onclick: () => before && this.go(before) }),
      button({ label: t.next, icon: "i-right", round: true, disabled: !after, onclick: () => after && this.go(after) }),
      button({ label: t.close, icon: "i-close", round: true, class: "close", onclick: () => this.close() }),
    );
  }

  /** @param {Photo} photo */
  draw(photo) {
    const title = photo.title ?? t.untitled;
    document.title = `\u2068${title}\u2069 · ${t.title}`; // isolated: it may turn the direction
    const had = this.dialog.contains(document.activeElement) && document.activeElement?.getAttribute("aria-label");
    this.types = h("section", { class: "types", "aria-label": t.types });
    this.drawTypes(photo);
    this.related = h("section", { class: "related", "aria-label": t.moreLikeThis, hidden: true });
    this.remove = button({ label: t.delete, icon: "i-delete", class: "danger", onclick: () => this.delete(photo) });
    /** @type {[string, string | undefined][]} */
    const facts = [
      [t.uploaded, date(photo.uploaded_at)],
      [t.taken, photo.taken_at && date(photo.taken_at)],
      [t.dimensions, photo.width && photo.height ? t.pixels(photo.width, photo.height) : undefined],
      [t.file, [photo.format, photo.size && bytes(photo.size)].filter(Boolean).join(", ")],
    ];
    this.dialog.replaceChildren(
      this.bar(),
      this.drawPicture(photo),
      h(
        "div",
        { class: "about" },
        this.titleOf(photo),
        photo.status === "rejected" && h("p", { class: "banner" }, whyRejected(photo)),
        photo.truncated && h("p", { class: "banner" }, t.truncated),
        this.types,
        photo.colors && h("p", { class: "colors" }, ...photo.colors.map((name) => this.searchLink("color", name, { class: "chip" }, swatch(name), shown(name)))),
        h("dl", {}, ...facts.flatMap(([name, fact]) => (fact ? [h("dt", {}, name), h("dd", {}, fact)] : []))),
        copiesOf(photo, this.address, this.open),
        h(
          "p",
          { class: "actions" },
          photo.download_url && h("a", { class: "button", href: photo.download_url, download: "" }, icon("i-download"), t.download),
          button({ label: t.copyLink, icon: "i-link", onclick: () => copyLink(photo.id) }),
          this.remove,
        ),
      ),
      this.related,
    );
    const again = [...this.dialog.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === had);
    if (had && again instanceof HTMLElement) again.focus();
    else this.focusClose();
  }

  /** @param {Photo} photo */
  titleOf(photo) {
    const heading = h("h2", { id: "photo-title" }, photo.title ?? t.untitled);
    const edit = photo.status === "classified" && button({ label: t.editTitle, icon: "i-edit", round: true, class: "quiet", onclick: () => this.editTitle(photo) });
    return h("div", { class: "heading" }, heading, edit);
  }

  /** @param {Photo} photo */
  editTitle(photo) {
    const input = h("input", { type: "text", value: photo.title ?? "", required: true, maxlength: 200, "aria-label": t.titleLabel });
    const failure = h("p", { role: "alert" });
    const save = h("button", { class: "primary", type: "submit" }, t.save);
    const form = h("form", { class: "retitle" }, input, h("p", { class: "actions" }, save, button({ label: t.cancel, onclick: () => done(photo) })), failure);
    /** @param {Photo} of */
    const done = (of) => {
      this.form = undefined;
      const heading = this.titleOf(of);
      form.replaceWith(heading);
      within(heading, "button").focus();
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        const renamed = await ask(`photos/${photo.id}/title`, { method: "PUT", body: { title: input.value } });
        toast(t.titleSaved);
        this.changed(renamed);
        if (this.id === photo.id) done(renamed);
      } catch (error) {
        save.disabled = false;
        failure.textContent = asProblem(error).message;
      }
    });
    this.form = form;
    within(this.dialog, ".heading").replaceWith(form);
    input.select();
  }

  /**
   * A link that starts the search for a type or colour.
   * @param {"type" | "color"} parameter
   * @param {string} value
   * @param {Record<string, any>} attributes
   * @param {...import("./dom.js").Child} children
   */
  searchLink(parameter, value, attributes, ...children) {
    const link = h("a", { ...attributes, href: `?${new URLSearchParams([[parameter, value]])}`, title: t.searchFor(shown(value)) }, ...children);
    link.addEventListener("click", (event) => {
      if (opensElsewhere(event)) return;
      event.preventDefault();
      this.search(parameter, value);
    });
    return link;
  }

  /** The picture, which stays as it is while more becomes known of its photo. @param {Photo} photo */
  drawPicture(photo) {
    const of = `${photo.id} ${photo.preview_url ?? ""}`;
    if (this.picture?.of === of) return this.picture.figure;
    const image = h("img", { src: photo.preview_url ?? photo.url, alt: described(photo), width: photo.width, height: photo.height, draggable: "false" });
    const zoom = new Zoom(image, (direction) => this.swiped(direction));
    const frame = h("figure", {}, zoom.element);
    this.picture = { figure: frame, zoom, of };
    frame.style.setProperty("--main", hexOf(photo.colors?.[0]) ?? "transparent");
    if (photo.thumbnail_url) image.style.backgroundImage = `url("${CSS.escape(photo.thumbnail_url)}")`;
    image.addEventListener("load", () => (image.style.backgroundImage = ""), { once: true });
    image.addEventListener(
      "error",
      () => {
        if (photo.thumbnail_url) image.src = photo.thumbnail_url;
        frame.append(h("figcaption", {}, photo.status === "rejected" ? t.noPicture : t.preview(photo.format)));
      },
      { once: true },
    );
    return frame;
  }

  /** @param {Photo} photo */
  drawTypes(photo) {
    this.form = undefined;
    if (photo.status !== "classified") return;
    const manual = photo.types_source === "person";
    const { certain, possible } = typesOf(photo);
    /** @param {[string, number]} entry */
    const bar = (entry) => barOf(this.searchLink("type", entry[0], {}, shown(entry[0])), entry[1]);
    this.types.replaceChildren(
      ...(certain.length ? [h("ul", { class: "bars" }, ...certain.map(bar))] : [h("p", { class: "none" }, manual ? t.noneOfThese : t.noGarment)]),
      ...(possible.length ? [h("h3", {}, t.maybe), h("ul", { class: "bars maybe", "aria-label": t.maybe }, ...possible.map(bar))] : []),
      h(
        "p",
        { class: "source" },
        manual && h("span", { class: "manual" }, icon("i-person"), t.setByHand),
        button({ label: manual ? t.change : t.wrongType, icon: "i-edit", class: "quiet", onclick: () => this.edit(photo) }),
      ),
    );
  }

  /** Ask what the photo really shows. @param {Photo} photo */
  edit(photo) {
    /** @param {Photo} of */
    const done = (of) => {
      this.drawTypes(of);
      within(this.types, "button").focus();
    };
    const form = typesForm({
      legend: t.whatDoesItShow,
      checked: typesOf(photo).certain.map(([type]) => type),
      cancel: () => done(photo),
      save: async (types) => {
        const corrected = await ask(`photos/${photo.id}/types`, { method: "PUT", body: { types } });
        toast(t.savedAs(types.map(shown)));
        this.changed(corrected);
        if (this.id === photo.id) {
          done(corrected);
          await this.relate(photo.id);
        }
      },
    });
    this.form = form;
    this.types.replaceChildren(form);
    within(form, form.querySelector("input:checked") ? "input:checked" : "input").focus();
  }

  /** Delete the photo at once: it can be brought back. @param {Photo} photo */
  async delete(photo) {
    this.remove.disabled = true;
    try {
      await ask(`photos/${photo.id}`, { method: "DELETE" });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status !== 404) {
        if (this.id === photo.id) this.refuse(problem);
        return;
      }
    }
    this.deleted(photo);
  }

  /** Say that the photo was not deleted, and why. @param {import("./api.js").Problem} problem */
  refuse(problem) {
    this.remove.disabled = false;
    this.failure?.remove();
    this.failure = h("p", { class: "banner", role: "alert" }, problem.message);
    within(this.dialog, ".about").prepend(this.failure);
  }

  /** @param {string} id */
  async relate(id) {
    /** @type {{ photos: Photo[] }} */
    const { photos } = await ask(`photos/${id}/related?limit=12`).catch(() => ({ photos: [] }));
    if (this.id !== id || !photos.length) {
      this.related.hidden = true;
      return;
    }
    const all = h("a", { class: "button quiet", href: `?like=${id}`, "data-like": id }, t.showAllLike);
    this.related.replaceChildren(h("p", { class: "head" }, h("h3", {}, t.moreLikeThis), all), h("ul", {}, ...photos.map((photo) => h("li", {}, this.link(photo)))));
    this.related.hidden = false;
  }

  /** @param {Photo} photo */
  link(photo) {
    const image = h("img", { src: photo.thumbnail_url ?? photo.url, alt: "", loading: "lazy", decoding: "async" });
    image.style.backgroundColor = hexOf(photo.colors?.[0]) ?? "";
    const title = h("span", { class: "title" }, photo.title ?? t.untitled);
    const link = h("a", { class: "card", href: this.address(photo.id) }, image, title, h("span", { class: "chips" }, typeChips(photo, 1)));
    link.addEventListener("click", (event) => {
      if (opensElsewhere(event)) return;
      event.preventDefault();
      this.open(photo);
    });
    return link;
  }
}

/** Copy the address of a photo, which is the same whatever search it was found by. @param {string} id */
async function copyLink(id) {
  const link = new URL(`?photo=${id}`, location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    toast(t.linkCopied);
  } catch {
    prompt(t.copyLink, link); // without HTTPS, browsers do not let a page write to the clipboard
  }
}

/** How probable a type is, as a line with a bar. @param {HTMLElement} name @param {number} probability */
function barOf(name, probability) {
  const filled = h("i", { class: "bar-of" });
  filled.style.width = `${probability * 100}%`;
  return h("li", {}, name, h("span", { class: "track", "aria-hidden": "true" }, filled), h("b", {}, percent(probability)));
}
