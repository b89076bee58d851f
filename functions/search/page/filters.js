// What is asked: the query lives in the address bar, and is shown and changed by the search box, chips and options.

import { count, h, icon, percent, SWATCHES } from "./dom.js";

export const TYPES = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle-boot"];
export const COLORS = Object.keys(SWATCHES);
// What people also write.
const WORDS = {
  tshirt: "T-shirt", "t-shirts": "T-shirt", trousers: "Trouser", pants: "Trouser", jeans: "Trouser", sweater: "Pullover",
  jumper: "Pullover", dresses: "Dress", jacket: "Coat", coats: "Coat", jackets: "Coat", sandals: "Sandal", shirts: "Shirt",
  sneakers: "Sneaker", trainers: "Sneaker", bags: "Bag", handbag: "Bag", boot: "Ankle-boot", boots: "Ankle-boot",
  pullovers: "Pullover", gray: "grey", violet: "purple",
};
// Names of two words, as they are also written.
const SPELLINGS = [[/\bankle[ -]boots?\b/gi, "Ankle-boot"], [/\bt[ -]shirts?(\/top)?\b/gi, "T-shirt"]];
const KEYS = ["type", "match", "not", "color", "min_probability", "q", "from", "to", "untyped", "sort"];

/** The query in the address bar; what is not a search's is left out. */
export function query() {
  const given = new URLSearchParams(location.search);
  return new URLSearchParams([...given].filter(([name]) => KEYS.includes(name)));
}

/** The types or colours that are asked for, repeated or with commas, each once and as the API spells it. */
export function several(asked, name) {
  const values = asked.getAll(name).join(",").split(",").filter(Boolean);
  return [...new Set(values.map((value) => named(respelled(value.trim())) ?? value))];
}

const respelled = (text) => SPELLINGS.reduce((before, [written, name]) => before.replace(written, name), text);

function named(word) {
  const lower = word.toLowerCase();
  return [...TYPES, ...COLORS].find((name) => name.toLowerCase() === lower) ?? WORDS[lower];
}

/** What was typed, understood: words that are types or colours, and the rest. */
export function understood(text) {
  const types = [], colors = [], rest = [];
  for (const word of respelled(text).trim().split(/\s+/).filter(Boolean)) {
    const known = named(word);
    if (TYPES.includes(known)) types.push(known);
    else if (COLORS.includes(known)) colors.push(known);
    else rest.push(word);
  }
  return { types, colors, rest };
}

/** The highest probability that one photo can show each of the types with: its probabilities sum up to 1. */
function highest(asked) {
  return asked.get("match") === "any" ? 1 : 1 / Math.max(1, several(asked, "type").length);
}

/** Take out what means nothing beside the rest, or what no photo could show. */
export function tidy(asked) {
  if (!several(asked, "type").length) for (const name of ["match", "sort"]) asked.delete(name);
  if (!asked.has("type") && !asked.has("not")) asked.delete("min_probability");
  if (Number(asked.get("min_probability")) > highest(asked)) asked.delete("min_probability");
}

function set(asked, name, values) {
  if (values.length) asked.set(name, values.join(","));
  else asked.delete(name);
}

/** The search box with its suggestions: a combobox as ARIA describes it. */
export class SearchBox {
  constructor(form, change) {
    this.input = form.querySelector("input");
    this.list = form.querySelector("[role=listbox]");
    this.change = change;
    this.options = [];
    this.active = -1;
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    // An emptied box asks for no words any more: the cross in it, too.
    this.input.addEventListener("search", () => !this.input.value && query().has("q") && this.words(""));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the box
      const option = event.target.closest("[role=option]");
      if (option) this.options[option.dataset.index].choose();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.active >= 0) this.options[this.active].choose();
      else this.submit(this.input.value);
    });
  }

  show(asked) {
    this.input.value = asked.get("q") ?? "";
  }

  suggest() {
    const text = this.input.value.trim();
    const last = text.split(/\s+/).pop().toLowerCase();
    const before = text.split(/\s+/).slice(0, -1);
    const also = Object.entries(WORDS).flatMap(([word, name]) => (word.startsWith(last) ? [name] : []));
    const fitting = (names) =>
      names.filter((name) => also.includes(name) || name.toLowerCase().split("-").some((part) => part.startsWith(last)));
    this.options = [];
    if (text && text !== query().get("q")) {
      this.options.push({ text: [`Search for “${text}”`], icon: "i-search", choose: () => this.submit(text) });
      const { types, colors } = understood(text);
      if (types.length || colors.length) {
        this.options.push({ text: [`Only titles with “${text}”`], icon: "i-search", choose: () => this.words(text) });
      }
    }
    for (const name of fitting(TYPES)) {
      const said = [...before, name].join(" ");
      this.options.push({ text: [said], note: "type", icon: "i-hanger", choose: () => this.submit(said) });
    }
    for (const name of fitting(COLORS)) {
      const said = [...before, name].join(" ");
      this.options.push({ text: [said], note: "colour", swatch: name, choose: () => this.submit(said) });
    }
    this.active = -1;
    this.list.replaceChildren(
      ...this.options.map((option, index) =>
        h(
          "li",
          { role: "option", id: `option-${index}`, "data-index": index, "aria-selected": "false" },
          option.swatch ? swatch(option.swatch) : icon(option.icon),
          h("span", {}, ...option.text),
          option.note && h("small", {}, option.note),
        ),
      ),
    );
    this.expand(this.options.length > 0);
  }

  expand(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", open);
    if (!open) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.active = -1;
    this.expand(false);
  }

  key(event) {
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (this.list.hidden) this.suggest();
    const items = [...this.list.children];
    if (!items.length) return;
    items[this.active]?.setAttribute("aria-selected", "false");
    this.active = (this.active + step + items.length) % items.length;
    items[this.active].setAttribute("aria-selected", "true");
    items[this.active].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", items[this.active].id);
  }

  /** Types and colours become filters in place of those that there were, the rest words of titles. */
  submit(text) {
    const { types, colors, rest } = understood(text);
    this.input.value = rest.join(" ");
    this.change((asked) => {
      if (types.length) set(asked, "type", [...new Set(types)]);
      if (colors.length) set(asked, "color", [...new Set(colors)]);
      set(asked, "q", rest.length ? [rest.join(" ")] : []);
    });
    this.close();
  }

  words(text) {
    this.input.value = text;
    this.change((asked) => set(asked, "q", text ? [text] : []));
    this.close();
  }
}

export function swatch(name) {
  const dot = h("i", { class: "swatch" });
  dot.style.backgroundColor = SWATCHES[name];
  return dot;
}

/** The chips of types and colours with their counts, and the options. */
export class Filters {
  constructor(section, change) {
    this.types = section.querySelector("#types");
    this.colors = section.querySelector("#colors");
    this.options = section.querySelector("#options");
    this.change = change;
    this.chips = new Map();
    for (const [name, parent, parameter] of [
      ...TYPES.map((name) => [name, this.types, "type"]),
      ...COLORS.map((name) => [name, this.colors, "color"]),
    ]) {
      const number = h("span", { class: "count" });
      const chip = h(
        "button",
        { type: "button", class: "facet", "aria-pressed": "false", onclick: () => this.toggle(parameter, name) },
        parameter === "color" && swatch(name),
        name,
        number,
      );
      this.chips.set(name, { chip, number, parameter });
      parent.append(chip);
    }
    this.unsure = this.choice("No sure type", () =>
      this.change((asked) => (asked.has("untyped") ? asked.delete("untyped") : asked.set("untyped", "true"))),
    );
    this.types.append(this.unsure);

    this.slider = h("input", { type: "range", id: "sure", min: 0, max: 100, step: 5 });
    this.sure = h("output", { for: "sure" });
    this.probability = h("label", { class: "slider" }, h("span", {}, "at least"), this.slider, this.sure);
    this.slider.setAttribute("aria-label", "Lowest probability");
    this.slider.addEventListener("input", () => (this.sure.textContent = percent(this.slider.value / 100)));
    this.slider.addEventListener("change", () =>
      this.change((asked) => asked.set("min_probability", this.slider.value / 100), { slid: true }),
    );
    this.all = this.choice("all of them", () => this.change((asked) => asked.delete("match")));
    this.any = this.choice("any of them", () => this.change((asked) => asked.set("match", "any")));
    this.match = h("div", { class: "segments", role: "group", "aria-label": "Photos that show" }, this.all, this.any);
    this.sort = h(
      "select",
      { "aria-label": "Order", onchange: () => this.change((asked) => asked.set("sort", this.sort.value)) },
      h("option", { value: "relevance" }, "Best first"),
      h("option", { value: "newest" }, "Newest first"),
    );
    this.clear = h("button", { type: "button", class: "quiet", onclick: () => this.change(clearAll) }, "Clear all");
    this.options.append(this.match, this.probability, this.sort, this.clear);
  }

  choice(text, onclick) {
    return h("button", { type: "button", class: "facet", "aria-pressed": "false", onclick }, text);
  }

  toggle(parameter, name) {
    this.change((asked) => {
      const values = several(asked, parameter);
      set(asked, parameter, values.includes(name) ? values.filter((other) => other !== name) : [...values, name]);
    });
  }

  /** Show how many photos there would be with each chip: exactly, or at least so many. */
  tell(facets) {
    for (const [name, { chip, number, parameter }] of this.chips) {
      const { photos, exact } = facets[parameter];
      number.textContent = `${count(photos[name] ?? 0)}${exact ? "" : "+"}`;
      chip.classList.toggle("none", exact && !photos[name] && chip.getAttribute("aria-pressed") === "false");
    }
  }

  /** Show the query, and what an answer says of it. */
  show(asked, answer) {
    const wanted = { type: answer?.type ?? several(asked, "type"), color: answer?.color ?? several(asked, "color") };
    for (const [name, { chip, parameter }] of this.chips) chip.setAttribute("aria-pressed", wanted[parameter].includes(name));
    this.unsure.setAttribute("aria-pressed", asked.get("untyped") === "true");
    const types = wanted.type.length;
    this.match.hidden = types < 2;
    this.all.setAttribute("aria-pressed", asked.get("match") !== "any");
    this.any.setAttribute("aria-pressed", asked.get("match") === "any");
    this.probability.hidden = !types;
    const given = Number.parseFloat(asked.get("min_probability"));
    const sure = answer?.min_probability ?? (given >= 0 && given <= 1 ? given : 0.5);
    this.slider.max = Math.floor((highest(asked) * 100) / this.slider.step) * this.slider.step; // before its value
    this.slider.value = sure * 100;
    this.sure.textContent = percent(sure);
    this.sort.hidden = !types;
    this.sort.value = asked.get("sort") ?? "relevance";
    this.clear.hidden = ![...asked].length;
    this.options.hidden = this.clear.hidden;
  }
}

export function clearAll(asked) {
  for (const name of KEYS) asked.delete(name);
}
