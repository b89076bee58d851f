// The gallery: masonry of any length. Every photo has its place, and only those near the screen are in the document.
//
//   photos ─▶ places (the shortest column gets the next photo) ─▶ bands of the page ─▶ elements of the bands in sight

import { ask } from "./api.js";
import { h, SWATCHES, typeChips } from "./dom.js";

const BAND = 800; // pixels of the page that are shown or not shown together
const CAPTION = 62; // pixels below a picture, see .card
const FLATTEST = 2.4; // width by height, and the other way round: what is beyond is cut for the gallery

export class Gallery {
  /** `more` is called when the end comes near; `open` with a photo, when one is chosen; `address` is a photo's. */
  constructor(list, { more, open, address }) {
    Object.assign(this, { list, more, open, address });
    this.shown = new Map(); // id → element
    this.show([]);
    new ResizeObserver(() => this.layOut()).observe(list);
    addEventListener("scroll", () => this.schedule(), { passive: true });
    list.addEventListener("click", (event) => this.clicked(event));
    list.addEventListener("keydown", (event) => this.moved(event));
  }

  /** Show these photos and no others. */
  show(photos) {
    const at = document.activeElement?.closest("#gallery > li")?.dataset.index;
    this.photos = [...photos];
    for (const [id, element] of this.shown) element.querySelector("a").href = this.address(id); // the query is another
    this.layOut();
    if (at !== undefined) this.focus(undefined, at);
  }

  append(photos) {
    const known = new Set(this.photos.map((photo) => photo.id));
    const from = this.photos.length;
    this.photos.push(...photos.filter((photo) => !known.has(photo.id)));
    this.layOut(from);
  }

  prepend(photo) {
    this.show([photo, ...this.photos.filter((other) => other.id !== photo.id)]);
  }

  /** Show what is known of a photo now. */
  update(photo) {
    const index = this.photos.findIndex((other) => other.id === photo.id);
    if (index < 0) return;
    this.photos[index] = photo;
    this.shown.get(photo.id)?.remove();
    this.shown.delete(photo.id);
    this.render();
  }

  remove(id) {
    this.show(this.photos.filter((photo) => photo.id !== id));
  }

  /** Put the focus on a photo; if it is gone and the focus with it, on what is in its place. */
  focus(id, place) {
    const lost = document.activeElement === document.body;
    const there = this.shown.get(id) ?? (lost && this.shown.get(this.photos[Math.min(place, this.photos.length - 1)]?.id));
    if (there) there.querySelector("a").focus({ preventScroll: true });
    else if (lost) this.list.focus({ preventScroll: true });
  }

  /** Give every photo its place, or those from an index on. */
  layOut(from = 0) {
    const width = this.list.clientWidth;
    if (!width) return;
    const gap = width < 600 ? 10 : 18;
    const columns = Math.max(2, Math.floor((width + gap) / ((width < 600 ? 150 : 220) + gap)));
    const side = (width - gap * (columns - 1)) / columns;
    if (from === 0) {
      this.heights = new Array(columns).fill(0);
      this.places = [];
      this.bands = [];
    }
    for (let index = from; index < this.photos.length; index++) {
      const column = this.heights.indexOf(Math.min(...this.heights));
      const top = this.heights[column];
      const picture = side / proportion(this.photos[index]);
      this.places[index] = { left: column * (side + gap), top, width: side, picture, column };
      this.heights[column] = top + picture + CAPTION + gap;
      for (let band = Math.floor(top / BAND); band <= Math.floor((top + picture + CAPTION) / BAND); band++) {
        (this.bands[band] ??= []).push(index);
      }
    }
    this.list.style.height = `${Math.max(0, ...this.heights)}px`;
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
    const wanted = new Set();
    const last = Math.floor((top + 2 * innerHeight) / BAND);
    for (let band = Math.max(0, Math.floor((top - innerHeight) / BAND)); band <= last; band++) {
      for (const index of this.bands[band] ?? []) wanted.add(index);
    }
    const ids = new Set([...wanted].map((index) => this.photos[index].id));
    for (const [id, element] of this.shown) {
      if (!ids.has(id) && (!element.contains(document.activeElement) || !this.has(id))) {
        element.remove();
        this.shown.delete(id);
      }
    }
    let next = this.list.firstElementChild;
    for (const index of [...wanted].sort((one, other) => one - other)) {
      const photo = this.photos[index];
      let element = this.shown.get(photo.id);
      if (!element) {
        element = card(photo, this.address(photo.id));
        this.shown.set(photo.id, element);
      }
      this.put(element, index);
      if (element === next) next = next.nextElementSibling;
      else this.list.insertBefore(element, next);
    }
    if (top + 3 * innerHeight > Math.min(...this.heights)) this.more();
  }

  /** Resolves when the pictures in the document are there, or cannot be had; after a second in any case. */
  drawn() {
    const coming = [...this.list.querySelectorAll("img")].filter((image) => !image.complete);
    const each = coming.map((image) => new Promise((come) => ["load", "error"].forEach((what) => image.addEventListener(what, come))));
    return Promise.race([Promise.all(each), new Promise((late) => setTimeout(late, 1000))]);
  }

  has(id) {
    return this.photos.some((photo) => photo.id === id);
  }

  put(element, index) {
    const { left, top, width, picture } = this.places[index];
    element.dataset.index = index;
    element.style.transform = `translate(${left}px, ${top}px)`;
    element.style.width = `${width}px`;
    element.querySelector("img").style.height = `${picture}px`;
    element.setAttribute("aria-posinset", index + 1);
  }

  clicked(event) {
    const item = event.target.closest("li");
    if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(this.photos[item.dataset.index]);
  }

  /** Arrow keys go to the photo that lies there. */
  moved(event) {
    const item = event.target.closest("li");
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!item || !step) return;
    const column = this.places[item.dataset.index].column;
    let index = Number(item.dataset.index) + step;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      while (this.places[index] && this.places[index].column !== column) index += step;
    }
    const photo = this.photos[index];
    if (!photo) return;
    event.preventDefault();
    const top = this.places[index].top + this.list.offsetTop;
    if (top < scrollY + 140 || top + this.places[index].picture > scrollY + innerHeight) scrollTo({ top: top - 160 });
    this.render();
    this.focus(photo.id);
  }
}

function proportion(photo) {
  return Math.min(FLATTEST, Math.max(1 / FLATTEST, (photo.width ?? 1) / (photo.height ?? 1)));
}

function card(photo, address) {
  const image = h("img", { src: photo.thumbnail_url ?? photo.url, alt: "", decoding: "async" });
  image.style.backgroundColor = SWATCHES[photo.colors?.[0]] ?? "";
  image.addEventListener("load", () => image.classList.add("there"), { once: true });
  image.addEventListener("error", () => refetch(photo, image), { once: true });
  if (image.complete && image.naturalWidth) image.classList.add("there");
  return h(
    "li",
    { "aria-setsize": "-1" }, // how many there are nobody knows before the end
    h(
      "a",
      { class: "card", href: address },
      image,
      h("span", { class: "title" }, photo.title ?? "Untitled"),
      h("span", { class: "chips" }, typeChips(photo)),
    ),
  );
}

/** A signed address ends after hours, and a thumbnail may be gone: ask again, once, and take what can be shown. */
async function refetch(photo, image) {
  let left = [];
  const next = () => {
    const address = left.shift();
    if (address) image.src = address;
    else image.classList.add("missing");
  };
  image.addEventListener("error", next);
  try {
    const now = await ask(`/photos/${photo.id}`);
    left = [now.thumbnail_url, now.url].filter((address) => address && address !== image.src);
  } catch {
    // nothing is left
  }
  next();
}
