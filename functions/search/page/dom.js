// Elements are made here, and text only ever becomes text: a photo's title can never become markup.

import { store } from "./store.js";
import { percent, shown, t } from "./texts.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {Node | string | null | undefined | false} Child
 */

/** The element with an id of index.html. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element with the id ${id}.`);
  return element;
}

/**
 * The first element within another that a selector fits.
 * @param {ParentNode} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function within(parent, selector) {
  const element = parent.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`There is no ${selector}.`);
  return element;
}

/**
 * An element with attributes (`on…` are listeners, null and false are left out) and children (strings are text).
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child != null && child !== false) element.append(child);
  return element;
}

/** One of the icons of the page, hidden from screen readers: the words beside it say what it means. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * A button with a word, or with an icon alone, which the label names.
 * @param {{ label: string, onclick: (event: MouseEvent) => void, icon?: string, class?: string, disabled?: boolean, round?: boolean }} options
 */
export function button({ label, onclick, icon: name, class: kind, disabled, round }) {
  const classes = [round && "round", kind].filter(Boolean).join(" ") || null;
  const attributes = { type: "button", class: classes, disabled, onclick, "aria-label": round ? label : null, title: round ? label : null };
  return h("button", attributes, name ? icon(name) : null, round ? null : label);
}

/** Say something in passing: visible for some seconds, and read aloud. @param {string} text */
export function toast(text) {
  const line = h("p", {}, text);
  const toasts = byId("toasts");
  toasts.append(line);
  toasts.hidePopover(); // and again above a dialog that was opened since
  toasts.showPopover();
  setTimeout(() => line.remove(), 5000);
}

/** What a colour of the API looks like; undefined for none. @param {string | undefined} name */
export const hexOf = (name) => store.library.colors.find((color) => color.name === name)?.hex;

/** A dot in a colour. @param {string} name */
export function swatch(name) {
  const dot = h("i", { class: "swatch" });
  dot.style.backgroundColor = hexOf(name) ?? "";
  return dot;
}

/** Whether a click is the browser's to follow, as one that opens another tab. @param {MouseEvent} event */
export const opensElsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/** The types of a photo as chips with their probabilities: those worth a look. @param {Photo} photo @param {number} [most] */
export function typeChips(photo, most = 2) {
  const manual = photo.types_source === "person";
  const likely = Object.entries(photo.types ?? {}).filter(([, probability]) => probability >= 0.1).slice(0, most);
  if (!likely.length) return [h("span", { class: "chip faint" }, manual ? t.noneOfThese : t.notRecognised)];
  return likely.map(([type, probability]) =>
    h("span", { class: probability >= 0.5 ? "chip" : "chip faint" }, h("span", {}, `${shown(type)} `), h("b", {}, manual ? "✓" : percent(probability))),
  );
}
