// Elements are made here, and text only ever becomes text: a photo's title can never become markup.

import { language, list, percent } from "./numbers.js";
import { store } from "./store.js";
import { shown, t } from "./texts.js";

/**
 * @typedef {import("./api.js").Photo} Photo
 * @typedef {Node | string | null | undefined | false} Child
 */

// A photo shows a type with CERTAIN or more, as searches have it by default; with POSSIBLE or more it may show it.
const CERTAIN = 0.5;
const POSSIBLE = 0.2;

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

/** Give the elements of index.html their texts: `data-text="key"`, or `data-text="key attribute, key attribute"`. */
export function writeTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    for (const item of (element.getAttribute("data-text") ?? "").split(",")) {
      const [key, attribute] = item.trim().split(" ");
      const text = /** @type {Record<string, any>} */ (t)[key];
      if (attribute) element.setAttribute(attribute, text);
      else element.textContent = text;
    }
  }
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

/**
 * Say something in passing: visible for some seconds, and read aloud.
 * @param {string} text
 * @param {{ label: string, onclick: () => void }} [action] offered beside it, for longer
 */
export function toast(text, action) {
  const line = h("p", {}, text);
  const act = () => {
    line.remove();
    action?.onclick();
  };
  if (action) line.append(button({ label: action.label, onclick: act }));
  const toasts = byId("toasts");
  toasts.append(line);
  toasts.hidePopover(); // and again above a dialog that was opened since
  toasts.showPopover();
  setTimeout(() => line.remove(), action ? 12_000 : 5000);
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

/** The types that a photo shows, and those that it may show, the most probable first. @param {Photo} photo */
export function typesOf(photo) {
  const types = Object.entries(photo.types ?? {}).sort(([, one], [, other]) => other - one);
  return {
    certain: types.filter(([, probability]) => probability >= CERTAIN),
    possible: types.filter(([, probability]) => probability >= POSSIBLE && probability < CERTAIN),
  };
}

/** The types of a photo as chips with their probabilities; those that are only possible where none is certain. @param {Photo} photo @param {number} [most] */
export function typeChips(photo, most = 2) {
  const manual = photo.types_source === "person";
  const { certain, possible } = typesOf(photo);
  if (certain.length) {
    return certain
      .slice(0, most)
      .map(([type, probability]) => h("span", { class: "chip" }, h("span", {}, `${shown(type)} `), h("b", {}, manual ? "✓" : percent(probability))));
  }
  if (possible.length) return [h("span", { class: "chip faint" }, h("span", {}, t.maybeType(shown(possible[0][0]))))];
  return [h("span", { class: "chip faint" }, manual ? t.noneOfThese : t.noGarment)];
}

/** What a photo shows, in words: its colours and types. @param {Photo} photo */
export function described(photo) {
  const types = typesOf(photo).certain.map(([type]) => shown(type));
  const colors = (photo.colors ?? []).map(shown);
  return [list(types, "conjunction"), list(colors, "conjunction")].filter(Boolean).join(", ") || t.noGarment;
}

/** One tab stop for a row of buttons: arrow keys, Home and End go along it. @param {HTMLElement} row */
export function rove(row) {
  const stops = () => [...row.querySelectorAll("button")];
  /** @param {HTMLElement} [stop] */
  const choose = (stop) => {
    for (const one of stops()) one.tabIndex = one === stop ? 0 : -1;
  };
  choose(stops()[0]);
  row.addEventListener("focusin", (event) => event.target instanceof HTMLElement && choose(event.target));
  row.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.findIndex((one) => one === event.target);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  });
}
