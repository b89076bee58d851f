// The chips of types and colours with their counts, and the options of a search.

import { h, swatch, within } from "./dom.js";
import { clearAll, several, toggle } from "./query.js";
import { store } from "./store.js";
import { count, percent, shown, t } from "./texts.js";

/**
 * @typedef {import("./searchbox.js").Change} Change
 * @typedef {"type" | "color"} Parameter
 */

export class Filters {
  /** @param {HTMLElement} section @param {Change} change edits the query by a function */
  constructor(section, change) {
    this.change = change;
    this.rows = { type: within(section, "#types"), color: within(section, "#colors") };
    this.options = within(section, "#options");
    /** @type {{ name: string, chip: HTMLElement, number: HTMLElement, parameter: Parameter }[]} */
    this.chips = [];
    this.unsure = this.choice(t.notRecognised, (asked) => (asked.has("untyped") ? asked.delete("untyped") : asked.set("untyped", "true")));

    this.slider = h("input", { type: "range", id: "sure", min: 0, max: 100, step: 5 });
    this.sure = h("output", { for: "sure" });
    this.probability = h("label", { class: "slider" }, h("span", {}, t.confidence), this.slider, this.sure);
    this.slider.addEventListener("input", () => (this.sure.textContent = percent(Number(this.slider.value) / 100)));
    this.slider.addEventListener("change", () =>
      change((asked) => asked.set("min_probability", `${Number(this.slider.value) / 100}`), { slid: true }),
    );
    this.all = this.choice(t.matchAll, (asked) => asked.set("match", "all"));
    this.any = this.choice(t.matchAny, (asked) => asked.set("match", "any"));
    this.match = h("div", { class: "segments", role: "group", "aria-label": t.matchOf }, this.all, this.any);
    this.sort = h(
      "select",
      { "aria-label": t.sortBy, onchange: () => change((asked) => asked.set("sort", this.sort.value)) },
      h("option", { value: "relevance" }, t.bestMatch),
      h("option", { value: "newest" }, t.newest),
    );
    this.clear = h("button", { type: "button", class: "quiet", onclick: () => change(clearAll) }, t.clearAll);
    this.options.append(this.match, this.probability, this.sort, this.clear);
  }

  /** Make a chip for each of the library's types and colours. */
  fill() {
    this.chips = [
      ...store.library.types.map((name) => this.chip("type", name)),
      ...store.library.colors.map(({ name }) => this.chip("color", name)),
    ];
    for (const { chip, parameter } of this.chips) this.rows[parameter].append(chip);
    this.rows.type.append(this.unsure);
  }

  /** @param {Parameter} parameter @param {string} name */
  chip(parameter, name) {
    const number = h("span", { class: "count" });
    const onclick = () => this.change((asked) => toggle(asked, parameter, name));
    const chip = h("button", { type: "button", class: "facet", "aria-pressed": "false", onclick }, parameter === "color" && swatch(name), shown(name), number);
    return { name, chip, number, parameter };
  }

  /** @param {string} text @param {(asked: URLSearchParams) => void} edit */
  choice(text, edit) {
    return h("button", { type: "button", class: "facet", "aria-pressed": "false", onclick: () => this.change(edit) }, text);
  }

  /** Show how many photos there would be with each chip: exactly, or at least so many. @param {import("./api.js").Facets} facets */
  showCounts(facets) {
    for (const { name, chip, number, parameter } of this.chips) {
      const { photos, exact } = facets[parameter];
      number.textContent = `${count(photos[name] ?? 0)}${exact ? "" : "+"}`;
      chip.classList.toggle("none", exact && !photos[name] && chip.getAttribute("aria-pressed") === "false");
    }
  }

  /**
   * Show the query, and how an answer understood it.
   * @param {URLSearchParams} asked
   * @param {import("./api.js").Answer} [answer]
   */
  show(asked, answer) {
    const wanted = { type: answer?.type ?? several(asked, "type"), color: answer?.color ?? several(asked, "color") };
    for (const { name, chip, parameter } of this.chips) press(chip, wanted[parameter].includes(name));
    press(this.unsure, asked.get("untyped") === "true");
    const types = wanted.type.length;
    this.match.hidden = types < 2;
    const match = answer?.match ?? asked.get("match");
    press(this.all, match === "all");
    press(this.any, match === "any");
    this.probability.hidden = !types;
    const given = Number.parseFloat(asked.get("min_probability") ?? "");
    const sure = answer?.min_probability ?? (given >= 0 && given <= 1 ? given : 0.5);
    this.slider.value = `${sure * 100}`;
    this.sure.textContent = percent(sure);
    this.sort.hidden = !types;
    this.sort.value = asked.get("sort") ?? "relevance";
    this.clear.hidden = ![...asked].length;
    this.options.hidden = this.clear.hidden;
  }
}

/** @param {HTMLElement} chip @param {boolean} pressed */
const press = (chip, pressed) => chip.setAttribute("aria-pressed", `${pressed}`);
