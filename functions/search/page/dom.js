// Elements are made here, and text only ever becomes text: what a photo is called can never become markup.

/** An element with attributes (`on…` are listeners, null and false are left out) and children (strings are text). */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** One of the icons of the page, hidden from screen readers: the words beside it say what it means. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Say something in passing: seen for some seconds, and read aloud. */
export function toast(text) {
  const line = h("p", {}, text);
  const toasts = document.getElementById("toasts");
  toasts.append(line);
  toasts.hidePopover(); // and again above a dialog that was opened since
  toasts.showPopover();
  setTimeout(() => line.remove(), 5000);
}

const whole = new Intl.NumberFormat("en");
const moment = new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" });

export const count = (number) => whole.format(number);
export const percent = (probability) => `${Math.round(probability * 100)} %`;
export const date = (text) => moment.format(new Date(text));

export function bytes(number) {
  const units = ["bytes", "kB", "MB"];
  let unit = 0;
  for (; number >= 1000 && unit < 2; unit++) number /= 1000;
  return `${number >= 100 || unit === 0 ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}

/** What a colour of the API looks like. */
export const SWATCHES = {
  black: "#1f1f22", white: "#f7f7f5", grey: "#9a9a9e", red: "#c93a3f", orange: "#e8863a", yellow: "#ecc94b",
  green: "#4d9a5d", blue: "#4573c4", purple: "#8459b5", pink: "#e796b4", brown: "#8a6044",
};

/** The types of a photo as chips with their probabilities: those worth a look. */
export function typeChips(photo, most = 2) {
  const said = photo.types_source === "person";
  const shown = Object.entries(photo.types ?? {}).filter(([, probability]) => probability >= 0.1).slice(0, most);
  if (!shown.length) return [h("span", { class: "chip faint" }, said ? "none of the types" : "no sure type")];
  return shown.map(([type, probability]) =>
    h("span", { class: probability >= 0.5 ? "chip" : "chip faint" }, h("span", {}, `${type} `), h("b", {}, said ? "✓" : percent(probability))),
  );
}
