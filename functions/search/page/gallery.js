// The gallery: masonry of any length. Every photo has its place, and only those near the screen are in the document.
//
//   photos ─▶ places (layout.js) ─▶ bands of the page ─▶ elements of the bands in sight

import { ask } from "./api.js";
import { described, h, hexOf, icon, opensElsewhere, typeChips, within } from "./dom.js";
import { between, emptyLayout, place } from "./layout.js";
import { day } from "./numbers.js";
import { pick } from "./selection.js";
import { store } from "./store.js";
import { t, whyRejected } from "./texts.js";

/** @typedef {import("./api.js").Photo} Photo */

const HIDDEN = 130; // pixels at the top of the window that the header covers
const HELD_MS = 500;

export class Gallery {
  /**
   * @param {HTMLElement} list
   * @param {object} callbacks
   * @param {() => void} callbacks.more is called when the end comes near
   * @param {(photo: Photo) => void} callbacks.open is called with a photo when one is chosen
   * @param {(id: string) => string} callbacks.address is a photo's
   */
  constructor(list, { more, open, address }) {
    this.list = list;
    this.more = more;
    this.open = open;
    this.address = address;
    /** @type {Photo[]} */
    this.photos = [];
    /** @type {((photo: Photo) => string) | undefined} */
    this.groupOf = undefined;
    /** @type {Map<string, HTMLElement>} */
    this.elements = new Map(); // of the photos in the document, by id
    this.layout = emptyLayout(0, 0);
    /** @type {number | undefined} */
    this.scheduled = undefined;
    this.held = false; // whether the finger on the list has selected a photo
    this.show([]);
    new ResizeObserver(() => this.resized()).observe(list);
    addEventListener("scroll", () => this.schedule(), { passive: true });
    document.addEventListener("reconnected", () => this.loadMissing());
    list.addEventListener("click", (event) => this.clicked(event));
    list.addEventListener("keydown", (event) => this.pressed(event));
    list.addEventListener("pointerdown", (event) => this.touched(event));
    list.addEventListener("contextmenu", (event) => this.held && event.preventDefault());
    document.addEventListener("selection-changed", () => this.elements.forEach(mark));
  }

  /**
   * Show these photos and no others.
   * @param {Photo[]} photos
   * @param {(photo: Photo) => string} [groupOf] the heading that a photo stands under
   */
  show(photos, groupOf) {
    const focused = itemOf(document.activeElement);
    const before = new Map(this.photos.map((photo) => [photo.id, photo]));
    for (const photo of photos) if (!looksLike(before.get(photo.id), photo)) this.drop(photo.id);
    this.photos = [...photos];
    this.groupOf = groupOf;
    for (const [id, element] of this.elements) element.querySelector("a")?.setAttribute("href", this.address(id)); // the query is another
    this.layOut();
    if (focused) this.focus(undefined, Number(focused.dataset.index));
  }

  /** @param {Photo[]} photos */
  append(photos) {
    const known = new Set(this.photos.map((photo) => photo.id));
    this.photos.push(...photos.filter((photo) => !known.has(photo.id)));
    this.arrange();
  }

  /** @param {Photo} photo */
  prepend(photo) {
    this.show([photo, ...this.photos.filter((other) => other.id !== photo.id)], this.groupOf);
  }

  /** Show what is known of a photo now. @param {Photo} photo */
  update(photo) {
    const index = this.photos.findIndex((other) => other.id === photo.id);
    if (index < 0) return;
    this.photos[index] = photo;
    this.drop(photo.id);
    this.render();
  }

  /** Have a photo's element made anew, once it is in sight. @param {string} id */
  drop(id) {
    this.elements.get(id)?.remove();
    this.elements.delete(id);
  }

  /** @param {Set<string>} ids */
  remove(ids) {
    this.show(this.photos.filter(({ id }) => !ids.has(id)), this.groupOf);
  }

  /**
   * Put the focus on a photo; if it is gone and the focus with it, on the photo in its place.
   * @param {string | undefined} id
   * @param {number} [index]
   */
  focus(id, index = 0) {
    const lost = document.activeElement === document.body;
    const instead = this.photos[Math.min(index, this.photos.length - 1)]?.id;
    const element = (id && this.elements.get(id)) || (lost && this.elements.get(instead));
    if (element) linkOf(element).focus({ preventScroll: true });
    else if (lost) this.list.focus({ preventScroll: true });
  }

  /** The list has another width: what was in sight stays there. */
  resized() {
    if (this.list.clientWidth === this.layout.width) return;
    const anchor = scrollY > 0 ? store.inSight : undefined;
    this.layOut();
    if (anchor) this.restore(anchor);
  }

  /** Scroll to where a photo was in sight; to the top without one. @param {import("./store.js").Anchor} [anchor] */
  restore(anchor) {
    const known = anchor ? this.photos.findIndex((photo) => photo.id === anchor.id) : -1;
    const index = known >= 0 ? known : Math.min(anchor?.index ?? -1, this.photos.length - 1);
    if (!anchor || index < 0) {
      scrollTo({ top: 0 });
      return;
    }
    const offset = Math.min(anchor.offset, innerHeight / 2);
    scrollTo({ top: this.layout.places[index].top + this.list.offsetTop - offset });
    this.render();
  }

  /** Scroll only as far as it takes to have a photo in sight. @param {string} id */
  reveal(id) {
    const index = this.photos.findIndex((photo) => photo.id === id);
    if (index < 0) return;
    const { top, picture } = this.layout.places[index];
    const begin = top + this.list.offsetTop;
    if (begin < scrollY + HIDDEN || begin + picture > scrollY + innerHeight) scrollTo({ top: begin - HIDDEN - 20 });
    this.render();
  }

  /** Keep in mind which photo is the first in sight. */
  look() {
    const above = scrollY - this.list.offsetTop;
    /** @param {number} index */
    const inSight = (index) => {
      const { top, picture } = this.layout.places[index];
      return top + picture > above + HIDDEN && top < above + innerHeight;
    };
    const index = this.photos.findIndex(({ id }, at) => id === store.inSight?.id && at < this.layout.places.length);
    const first = index >= 0 && inSight(index) ? index : between(this.layout, above, above + innerHeight).find(inSight);
    if (first === undefined) store.inSight = undefined;
    else store.inSight = { id: this.photos[first].id, index: first, offset: this.layout.places[first].top - above };
  }

  /** Try the pictures again that could not be loaded without a connection. */
  loadMissing() {
    for (const [id, element] of this.elements) {
      if (!element.querySelector("img.missing")) continue;
      element.remove();
      this.elements.delete(id);
    }
    this.render();
  }

  /** Give every photo its place anew. */
  layOut() {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.layout = emptyLayout(this.list.clientWidth, rem);
    this.arrange();
  }

  /** Give the photos that have no place yet theirs. */
  arrange() {
    if (!this.layout.width) return;
    place(this.layout, this.photos, this.groupOf);
    this.list.style.height = `${Math.max(0, ...this.layout.heights)}px`;
    this.render();
  }

  schedule() {
    this.scheduled ??= requestAnimationFrame(() => {
      this.scheduled = undefined;
      this.render();
    });
  }

  /** Bring the elements in sight into the document, in the photos' order, and take the others out. */
  render() {
    const top = scrollY - this.list.offsetTop;
    const wanted = between(this.layout, top - innerHeight, top + 2 * innerHeight);
    const ids = new Set(wanted.map((index) => this.photos[index].id));
    for (const [id, element] of this.elements) {
      if (!ids.has(id) && (!element.contains(document.activeElement) || !this.has(id))) {
        element.remove();
        this.elements.delete(id);
      }
    }
    let next = this.list.firstElementChild;
    for (const index of wanted) {
      const photo = this.photos[index];
      let element = this.elements.get(photo.id);
      if (!element) {
        element = card(photo, this.address(photo.id));
        this.elements.set(photo.id, element);
      }
      this.put(element, index);
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
    this.look();
    if (top + 3 * innerHeight > Math.min(...this.layout.heights)) this.more();
  }

  /** Resolves when the pictures in the document are loaded, or cannot be; after a second in any case. */
  drawn() {
    const coming = [...this.list.querySelectorAll("img")].filter((image) => !image.complete);
    const each = coming.map((image) => new Promise((come) => ["load", "error"].forEach((what) => image.addEventListener(what, come))));
    return Promise.race([Promise.all(each), new Promise((late) => setTimeout(late, 1000))]);
  }

  /** @param {string} id */
  has(id) {
    return this.photos.some((photo) => photo.id === id);
  }

  /** @param {HTMLElement} element @param {number} index */
  put(element, index) {
    const { left, top, width, picture } = this.layout.places[index];
    element.dataset.index = `${index}`;
    element.style.transform = `translate(${left}px, ${top}px)`;
    element.style.width = `${width}px`;
    element.style.setProperty("--picture", `${picture}px`);
    element.setAttribute("aria-posinset", `${index + 1}`);
    const heading = this.layout.headings.get(index);
    const shownHeading = element.querySelector(".month");
    if (heading !== shownHeading?.textContent) {
      shownHeading?.remove();
      if (heading) element.prepend(h("h2", { class: "month" }, heading));
    }
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const item = itemOf(event.target);
    if (!item || !(event.target instanceof Element) || event.target.closest("[data-task]")) return; // tasks.js does that
    const index = Number(item.dataset.index);
    const picks = event.target.closest(".pick, div.card") || event.shiftKey || store.selected.size > 0;
    if (!picks && opensElsewhere(event)) return;
    event.preventDefault();
    if (this.held) this.held = false; // the finger that selected it was lifted
    else if (picks) pick(this.photos, index, { range: event.shiftKey });
    else this.open(this.photos[index]);
  }

  /** A finger that stays on a photo selects it. @param {PointerEvent} event */
  touched(event) {
    this.held = false;
    const item = itemOf(event.target);
    if (event.pointerType !== "touch" || !item) return;
    const timer = setTimeout(() => {
      this.held = true;
      pick(this.photos, Number(item.dataset.index));
    }, HELD_MS);
    const ended = new AbortController();
    for (const end of ["pointerup", "pointercancel"]) {
      addEventListener(
        end,
        () => {
          clearTimeout(timer);
          ended.abort();
        },
        { signal: ended.signal },
      );
    }
  }

  /** The x key selects a photo, with the shift key all up to it; arrow keys go to the photo that lies there. @param {KeyboardEvent} event */
  pressed(event) {
    const item = itemOf(event.target);
    if (item && event.key.toLowerCase() === "x" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      pick(this.photos, Number(item.dataset.index), { range: event.shiftKey });
      return;
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!item || !step) return;
    const { places } = this.layout;
    const { column } = places[Number(item.dataset.index)];
    let index = Number(item.dataset.index) + step;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      while (places[index] && places[index].column !== column) index += step;
    }
    const photo = this.photos[index];
    if (!photo) return;
    event.preventDefault();
    this.reveal(photo.id);
    this.focus(photo.id);
  }
}

/** The item of the gallery around an element. @param {EventTarget | null} target @returns {HTMLElement | null} */
const itemOf = (target) => (target instanceof Element ? target.closest("#gallery > li") : null);

/** @param {HTMLElement} item @returns {HTMLElement} */
const linkOf = (item) => within(item, ".card");

/** Whether two states of a photo have the same card. @param {Photo | undefined} one @param {Photo} other */
function looksLike(one, other) {
  /** @param {Photo} photo */
  const shown = ({ title, status, types, types_source, colors, copies }) => JSON.stringify([title, status, types, types_source, colors, copies]);
  return one === other || (one !== undefined && shown(one) === shown(other));
}

/** @param {Photo} photo @param {string} address */
function card(photo, address) {
  const title = photo.title ?? t.untitled;
  const deleted = photo.status === "deleted"; // it cannot be opened
  const rejected = photo.status === "rejected" || (deleted && photo.reason);
  const caption = [h("span", { class: "title" }, title), h("span", { class: "chips", "aria-hidden": "true" }, captionOf(photo))];
  const content = [
    rejected ? h("span", { class: "picture reason" }, icon("i-warn"), h("span", {}, whyRejected(photo))) : pictureOf(photo),
    (photo.copies ?? 1) > 1 && h("span", { class: "copies" }, t.copies(photo.copies ?? 1)),
    ...caption,
  ];
  const tasks = { classified: [], rejected: [taskButton("retry", t.tryAgain), taskButton("delete", t.delete)], deleted: [taskButton("restore", t.restore)] }[photo.status];
  const item = h(
    "li",
    { "aria-setsize": "-1" }, // how many there are is not known before the end
    deleted ? h("div", { class: "card", role: "group", "aria-label": title, tabindex: 0 }, ...content) : h("a", { class: "card", href: address }, ...content),
    h("button", { type: "button", class: "pick", role: "checkbox", "aria-label": t.select(title), "aria-keyshortcuts": "x", tabindex: -1 }, icon("i-check")),
    tasks.length > 0 && h("p", { class: "tasks" }, ...tasks),
  );
  mark(item, photo.id);
  return item;
}

/** What stands below a photo's title; the picture's text says the types, too. @param {Photo} photo */
function captionOf(photo) {
  if (photo.status === "rejected") return [h("span", { class: "chip faint" }, day(photo.uploaded_at))];
  if (photo.status === "deleted") return photo.restorable_until ? [h("span", { class: "chip faint" }, t.restorableUntil(day(photo.restorable_until)))] : [];
  return typeChips(photo);
}

/** A button that does something to the photo of its card: tasks.js listens. @param {string} task @param {string} label */
function taskButton(task, label) {
  return h("button", { type: "button", "data-task": task }, label);
}

/** @param {Photo} photo */
function pictureOf(photo) {
  const image = h("img", { class: "picture", src: photo.thumbnail_url ?? photo.url, alt: described(photo), decoding: "async" });
  image.style.backgroundColor = hexOf(photo.colors?.[0]) ?? "";
  image.addEventListener("load", () => image.classList.add("there"), { once: true });
  image.addEventListener("error", () => refetch(photo, image), { once: true });
  if (image.complete && image.naturalWidth) image.classList.add("there");
  return image;
}

/** Show whether a photo is selected. @param {HTMLElement} item @param {string} id */
function mark(item, id) {
  const selected = store.selected.has(id);
  item.classList.toggle("selected", selected);
  item.querySelector(".pick")?.setAttribute("aria-checked", `${selected}`);
}

/**
 * A signed address expires after hours, and a thumbnail may be gone: ask again, once, and take what can be shown.
 * @param {Photo} photo
 * @param {HTMLImageElement} image
 */
async function refetch(photo, image) {
  /** @type {(string | undefined)[]} */
  let left = [];
  const next = () => {
    const address = left.shift();
    if (address) image.src = address;
    else image.classList.add("missing");
  };
  image.addEventListener("error", next);
  try {
    const now = await ask(`photos/${photo.id}`);
    left = [now.thumbnail_url, now.url].filter((address) => address && address !== image.src);
  } catch {
    // nothing is left
  }
  next();
}
