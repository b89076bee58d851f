// A picture that can be enlarged and moved about: by buttons, keys, wheel, double click, double tap, pinch and drag.
// While it is not enlarged, a finger pushes it away.
//
//   scale 1: as large as its place ─▶ scale 8, moved by x and y pixels from its place's middle

import { button, h } from "./dom.js";
import { percent } from "./numbers.js";
import { t } from "./texts.js";

const MOST = 8;
const STEP = 1.5; // of a key or a button
const TWICE = 2.5; // by a double click
const ARROW = 60; // pixels that an arrow key moves an enlarged picture
const PUSHED = 60; // pixels from which a finger has pushed the picture away
const STILL = 10; // pixels within which a finger only tapped
const DOUBLE_MS = 300;

/**
 * @typedef {{ x: number, y: number }} Point pixels from the middle of the place
 * @typedef {"across" | "down" | "scroll" | undefined} Direction
 */

export class Zoom {
  /**
   * @param {HTMLImageElement} image
   * @param {(direction: "left" | "right" | "down") => void} swiped is called when a finger has pushed the picture away
   */
  constructor(image, swiped) {
    this.image = image;
    this.swiped = swiped;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** Where the fingers are. @type {Point[]} */
    this.fingers = [];
    /** Where the first finger began, whether it stayed the only one, and what it does. @type {{ at: Point, alone: boolean, direction: Direction }} */
    this.began = { at: { x: 0, y: 0 }, alone: false, direction: undefined };
    this.tappedAt = 0;
    this.out = button({ label: t.zoomOut, icon: "i-minus", round: true, onclick: () => this.by(1 / STEP) });
    this.fit = h("button", { type: "button", class: "fit", title: t.fit, onclick: () => this.reset() });
    this.in = button({ label: t.zoomIn, icon: "i-plus", round: true, onclick: () => this.by(STEP) });
    this.element = h("div", { class: "zoom" }, image, h("div", { class: "zoom-tools" }, this.out, this.fit, this.in));
    this.draw();
    image.addEventListener("dblclick", (event) => this.toggle(this.point(event)));
    this.element.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    image.addEventListener("pointerdown", (event) => this.drag(event));
    for (const kind of /** @type {const} */ (["touchstart", "touchmove", "touchend", "touchcancel"])) {
      image.addEventListener(kind, (event) => this.touched(event), { passive: false });
    }
  }

  /** Whether a key did something. @param {string} key */
  pressed(key) {
    if (key === "+" || key === "=") return this.by(STEP);
    if (key === "-") return this.by(1 / STEP);
    if (key === "0") return this.reset();
    const [x, y] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [0, 0];
    if (this.scale === 1 || (!x && !y)) return false;
    return this.to(this.scale, this.x + x * ARROW, this.y + y * ARROW);
  }

  reset() {
    return this.to(1, 0, 0);
  }

  /** Enlarge around a point, which stays where it is. @param {number} factor @param {Point} [at] */
  by(factor, at = { x: 0, y: 0 }) {
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    const grown = scale / this.scale;
    return this.to(scale, at.x - (at.x - this.x) * grown, at.y - (at.y - this.y) * grown);
  }

  /** @param {Point} at */
  toggle(at) {
    if (this.scale > 1) this.reset();
    else this.by(TWICE, at);
  }

  /** Show the picture so; an enlarged one leaves no more room at an edge than it needs. @param {number} scale @param {number} x @param {number} y */
  to(scale, x, y) {
    const most = (/** @type {number} */ picture, /** @type {number} */ place) => Math.max(0, (picture * scale - place) / 2);
    const [across, down] = [most(this.image.clientWidth, this.element.clientWidth), most(this.image.clientHeight, this.element.clientHeight)];
    this.scale = scale < 1.01 ? 1 : scale;
    this.x = Math.min(across, Math.max(-across, x));
    this.y = Math.min(down, Math.max(-down, y));
    this.draw();
    return true;
  }

  draw() {
    const { scale, x, y } = this;
    this.image.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    this.element.classList.toggle("enlarged", scale > 1);
    this.fit.textContent = percent(scale);
    this.fit.setAttribute("aria-label", `${t.fit}, ${percent(scale)}`);
    this.fit.disabled = this.out.disabled = scale === 1;
    this.in.disabled = scale === MOST;
  }

  /** @param {{ clientX: number, clientY: number }} event @returns {Point} */
  point({ clientX, clientY }) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
  }

  /** The wheel scrolls what is around the picture, but above its top and while the picture is enlarged. @param {WheelEvent} event */
  wheeled(event) {
    const scrolled = (this.element.closest("dialog")?.scrollTop ?? 0) > 0;
    if (this.scale === 1 && !event.ctrlKey && (event.deltaY > 0 || scrolled)) return;
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), this.point(event)); // a pinch on a touchpad has small steps
  }

  /** Move the enlarged picture by the mouse or a pen. @param {PointerEvent} down */
  drag(down) {
    if (down.pointerType === "touch" || down.button || this.scale === 1) return;
    const { x, y, image } = this;
    const move = (/** @type {PointerEvent} */ event) => this.to(this.scale, x + event.clientX - down.clientX, y + event.clientY - down.clientY);
    image.setPointerCapture(down.pointerId);
    image.addEventListener("pointermove", move);
    image.addEventListener("lostpointercapture", () => image.removeEventListener("pointermove", move), { once: true });
  }

  /** One finger moves the enlarged picture, or pushes it away; two enlarge it. @param {TouchEvent} event */
  touched(event) {
    const before = this.fingers;
    this.fingers = [...event.touches].map((touch) => this.point(touch));
    if (event.type === "touchstart") this.began = { at: this.fingers[0], alone: this.fingers.length === 1, direction: undefined };
    else if (event.type === "touchmove") this.moved(before, event);
    else this.lifted(before, event);
  }

  /** @param {Point[]} before where the fingers were @param {TouchEvent} event */
  moved(before, event) {
    const [finger] = this.fingers;
    const { at, alone } = this.began;
    if (this.scale === 1 && alone) {
      this.began.direction ??= this.directionOf(at, finger);
      if (this.began.direction === "scroll") return;
      if (event.cancelable) event.preventDefault();
      const [x, y] = this.began.direction === "across" ? [finger.x - at.x, 0] : [0, Math.max(0, finger.y - at.y)];
      this.image.style.transform = `translate(${x}px, ${y}px)`;
      return;
    }
    if (event.cancelable) event.preventDefault();
    const [from, to] = [middle(before), middle(this.fingers)];
    if (this.fingers.length > 1 && before.length > 1) this.by(apart(this.fingers) / apart(before), from);
    if (this.fingers.length === before.length) this.to(this.scale, this.x + to.x - from.x, this.y + to.y - from.y);
  }

  /** @param {Point[]} before @param {TouchEvent} event */
  lifted([finger], event) {
    const { at, alone, direction } = this.began;
    this.draw();
    if (!alone || event.type === "touchcancel") return;
    const [x, y] = [finger.x - at.x, finger.y - at.y];
    if (direction === "across" && Math.abs(x) > PUSHED) this.swiped(x < 0 ? "left" : "right");
    else if (direction === "down" && y > PUSHED) this.swiped("down");
    else if (Math.hypot(x, y) < STILL) this.tapped(at, event);
  }

  /** Two taps are a double click. @param {Point} at @param {TouchEvent} event */
  tapped(at, event) {
    const twice = event.timeStamp - this.tappedAt < DOUBLE_MS;
    this.tappedAt = twice ? 0 : event.timeStamp;
    if (!twice) return;
    if (event.cancelable) event.preventDefault(); // or the browser makes a double click of it, too
    this.toggle(at);
  }

  /** What a finger wants that begins to move: to push the picture across or down, or to scroll. @param {Point} from @param {Point} to @returns {Direction} */
  directionOf(from, to) {
    const [x, y] = [to.x - from.x, to.y - from.y];
    if (Math.abs(x) > Math.abs(y)) return "across";
    return y > 0 && (this.element.closest("dialog")?.scrollTop ?? 0) <= 0 ? "down" : "scroll";
  }
}

/** @param {Point[]} fingers @returns {Point} */
const middle = ([one, other = one]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });

/** @param {Point[]} fingers */
const apart = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
