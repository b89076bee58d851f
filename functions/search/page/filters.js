// The chips of types and colours with their counts, the options of a search, and the filters that are set.

import { ask } from "./api.js";
import { byId, h, icon, rove, swatch, within } from "./dom.js";
import { dayAsWritten, percent, shortCount } from "./numbers.js";
import { isPicture, pictureNamed } from "./picture.js";
import { clearAll, DATED, placeOf, set, several, toggle } from "./query.js";
import { store } from "./store.js";
import { shown, t } from "./texts.js";

/**
 * @typedef {import("./searchbox.js").Change} Change
 * @typedef {import("./api.js").Answer} Answer
 * @typedef {"type" | "color"} Parameter
 * @typedef {(asked: URLSearchParams) => void} Edit
 */

export class Filters {
  /** @param {HTMLElement} section @param {Change} change edits the query by a function */
  constructor(section, change) {
    this.section = section;
    this.change = change;
    this.rows = { type: within(section, "#types"), color: within(section, "#colors") };
    this.conditions = byId("conditions");
    /** @type {{ name: string, chip: HTMLElement, number: HTMLElement, parameter: Parameter }[]} */
    this.chips = [];
    /** @type {HTMLElement | undefined} */
    this.like = undefined;
    this.unsure = this.choice(t.notRecognised, (asked) => (asked.has("untyped") ? asked.delete("untyped") : asked.set("untyped", "true")));

    this.duplicates = this.choice(t.showDuplicates, (asked) => (asked.has("duplicates") ? asked.delete("duplicates") : asked.set("duplicates", "show")));

    this.slider = h("input", { type: "range", id: "sure", min: 0, max: 100, step: 5 });
    this.sure = h("output", { for: "sure" });
    this.probability = h("label", { class: "slider", hidden: true }, h("span", {}, t.confidence), this.slider, this.sure);
    this.slider.addEventListener("input", () => (this.sure.textContent = percent(Number(this.slider.value) / 100)));
    this.slider.addEventListener("change", () =>
      change((asked) => asked.set("min_probability", `${Number(this.slider.value) / 100}`), { slid: true }),
    );
    this.all = this.choice(t.matchAll, (asked) => asked.set("match", "all"));
    this.any = this.choice(t.matchAny, (asked) => asked.delete("match"));
    this.match = h("div", { class: "segments", role: "group", "aria-label": t.matchOf, hidden: true }, this.all, this.any);
    this.exclude = h("select", { "aria-label": t.excludeType, onchange: () => this.excludeType() });
    this.from = this.dateInput("from");
    this.to = this.dateInput("to");
    const dates = h("div", { class: "dates" }, h("label", {}, h("span", {}, t.from), this.from), h("label", {}, h("span", {}, t.to), this.to));
    const more = h("button", { type: "button", class: "quiet", id: "more-filters", "aria-expanded": "false", onclick: () => this.expand() }, t.moreFilters);
    within(section, "#options").append(this.match, this.probability, more, h("div", { class: "extra" }, this.exclude, dates, this.duplicates));

    this.best = h("option", { value: "relevance" }, t.bestMatch);
    this.sort = h(
      "select",
      { "aria-label": t.sortBy, onchange: () => change((asked) => asked.set("sort", this.sort.value)) },
      this.best,
      h("option", { value: "newest" }, t.newest),
      h("option", { value: "oldest" }, t.oldest),
      h("option", { value: "taken" }, t.lastTaken),
    );
    this.clear = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => change(clearAll) }, t.clearAll);
    const pin = h("button", { type: "button", id: "show-filters", class: "round", "aria-label": t.showFilters, "aria-expanded": "false", onclick: () => this.pin() }, icon("i-filter"));
    byId("tools").append(this.clear, this.sort, pin);
    this.pinning = pin;
    new IntersectionObserver(([{ isIntersecting }]) => pin.classList.toggle("needed", !isIntersecting)).observe(this.rows.type);
  }

  /** Make a chip for each of the library's types and colours. */
  fill() {
    this.chips = [
      ...store.library.types.map((name) => this.chip("type", name)),
      ...store.library.colors.map(({ name }) => this.chip("color", name)),
    ];
    for (const { chip, parameter } of this.chips) this.rows[parameter].append(chip);
    this.rows.type.append(this.unsure);
    for (const row of [this.rows.type, this.rows.color]) rove(row);
    this.exclude.append(h("option", { value: "" }, t.excludeType), ...store.library.types.map((name) => h("option", { value: name }, shown(name))));
  }

  /** @param {Parameter} parameter @param {string} name */
  chip(parameter, name) {
    const number = h("span", { class: "count" });
    const onclick = () => this.change((asked) => toggle(asked, parameter, name));
    const chip = h(
      "button",
      { type: "button", class: "facet", "aria-pressed": "false", onclick },
      parameter === "color" && swatch(name),
      h("span", { class: "name" }, shown(name)),
      number,
    );
    return { name, chip, number, parameter };
  }

  /** @param {string} text @param {Edit} edit */
  choice(text, edit) {
    return h("button", { type: "button", class: "facet", "aria-pressed": "false", onclick: () => this.change(edit) }, text);
  }

  /** @param {"from" | "to"} name */
  dateInput(name) {
    const input = h("input", { type: "date", name });
    input.addEventListener("change", () => this.change((asked) => (input.value ? asked.set(name, input.value) : asked.delete(name))));
    return input;
  }

  excludeType() {
    const { value } = this.exclude;
    this.exclude.value = "";
    if (value) this.change((asked) => set(asked, "not", [...several(asked, "not"), value]));
  }

  /** Show or hide the options that most searches do without. */
  expand() {
    const open = this.section.classList.toggle("expanded");
    byId("more-filters").setAttribute("aria-expanded", `${open}`);
  }

  /** Bring the filters into sight, or let them go, wherever the page is scrolled to. */
  pin() {
    const pinned = this.section.classList.toggle("pinned");
    this.pinning.setAttribute("aria-expanded", `${pinned}`);
    this.section.style.top = pinned ? `${byId("summary").getBoundingClientRect().bottom}px` : "";
    if (pinned) within(this.rows.type, "button[tabindex='0']").focus({ preventScroll: true });
  }

  /** Show how many photos there would be with each chip: exactly, or at least so many. @param {import("./api.js").Facets} facets */
  showCounts(facets) {
    for (const { name, chip, number, parameter } of this.chips) {
      const { photos, exact } = facets[parameter];
      number.textContent = `${shortCount(photos[name] ?? 0)}${exact ? "" : "+"}`;
      chip.classList.toggle("none", exact && !photos[name] && chip.getAttribute("aria-pressed") === "false");
    }
  }

  /**
   * Show the query, and how an answer understood it.
   * @param {URLSearchParams} asked
   * @param {Answer} [answer]
   */
  show(asked, answer) {
    const wanted = { type: answer?.type ?? several(asked, "type"), color: (answer ? answer.color : several(asked, "color")) ?? [] };
    for (const { name, chip, parameter } of this.chips) press(chip, wanted[parameter].includes(name));
    press(this.unsure, asked.get("untyped") === "true");
    press(this.duplicates, asked.get("duplicates") === "show");
    const types = wanted.type.length;
    this.match.hidden = types < 2;
    const all = (answer?.match ?? asked.get("match")) === "all";
    press(this.all, all);
    press(this.any, !all);
    this.probability.hidden = !types;
    const given = Number.parseFloat(asked.get("min_probability") ?? "");
    const sure = answer?.min_probability ?? (given >= 0 && given <= 1 ? given : 0.5);
    this.slider.value = `${sure * 100}`;
    this.sure.textContent = percent(sure);
    this.sort.hidden = this.pinning.hidden = placeOf(asked) !== "photos";
    if (asked.has("like")) this.sort.hidden = true; // the most alike come first
    this.best.hidden = this.best.disabled = !types;
    this.sort.value = answer?.sort ?? asked.get("sort") ?? (types ? "relevance" : "newest");
    for (const input of [this.from, this.to]) input.value = (asked.get(input.name) ?? "").slice(0, DATED);
    this.clear.hidden = ![...asked].length;
    this.showConditions(asked, answer);
  }

  /** What photos are to be like: a photo or a picture, to be removed by a click. @param {string} name */
  likeChip(name) {
    if (this.like?.dataset.name === name) return this.like; // its picture is there
    const image = h("img", { alt: "", width: 24, height: 24 });
    if (isPicture(name)) image.src = pictureNamed(name)?.thumbnail ?? "";
    else showThumbnail(name, image);
    const onclick = () => this.change((of) => of.delete("like"));
    this.like = h("button", { type: "button", class: "chip like", "data-name": name, "aria-label": t.remove(t.likeThis), onclick }, image, h("span", {}, t.likeThis), icon("i-close"));
    return this.like;
  }

  /** The filters that are set, each to be removed by a click. @param {URLSearchParams} asked @param {Answer} [answer] */
  showConditions(asked, answer) {
    const types = answer?.type ?? several(asked, "type");
    const colors = (answer ? answer.color : several(asked, "color")) ?? [];
    const unwanted = answer?.not ?? several(asked, "not");
    const words = answer && !answer.ignored ? answer.q : undefined;
    const sure = asked.get("min_probability");
    /** @type {[string, Edit][]} */
    const conditions = [
      ...types.map((name) => /** @type {[string, Edit]} */ ([shown(name), (of) => toggle(of, "type", name)])),
      ...colors.map((name) => /** @type {[string, Edit]} */ ([shown(name), (of) => toggle(of, "color", name)])),
      ...unwanted.map((name) => /** @type {[string, Edit]} */ ([t.not(shown(name)), (of) => toggle(of, "not", name)])),
    ];
    if (words) conditions.push([t.quoted(words.replaceAll('"', "")), (of) => of.delete("q")]);
    if (asked.get("untyped") === "true") conditions.push([t.notRecognised, (of) => of.delete("untyped")]);
    const place = placeOf(asked);
    if (place !== "photos") conditions.push([place === "rejected" ? t.rejected : t.recentlyDeleted, (of) => of.delete("status")]);
    if (asked.get("duplicates") === "show") conditions.push([t.withDuplicates, (of) => of.delete("duplicates")]);
    if (sure) conditions.push([t.atLeast(Number(sure)), (of) => of.delete("min_probability")]);
    for (const name of /** @type {const} */ (["from", "to"])) {
      const value = asked.get(name);
      if (value) conditions.push([`${t[name]} ${dayAsWritten(value)}`, (of) => of.delete(name)]);
    }
    const like = asked.get("like");
    this.conditions.hidden = ![...asked].length; // what will be said has its room already
    this.conditions.replaceChildren(
      ...(like ? [h("li", {}, this.likeChip(like))] : []),
      ...conditions.map(([text, edit]) =>
        h("li", {}, h("button", { type: "button", class: "chip", "aria-label": t.remove(text), onclick: () => this.change(edit) }, h("span", {}, text), icon("i-close"))),
      ),
    );
  }
}

/** A photo's thumbnail for the chip of a search for photos like it. @param {string} id @param {HTMLImageElement} image */
async function showThumbnail(id, image) {
  image.src = (await ask(`photos/${id}`).catch(() => ({}))).thumbnail_url ?? "";
}

/** @param {HTMLElement} chip @param {boolean} pressed */
const press = (chip, pressed) => chip.setAttribute("aria-pressed", `${pressed}`);
