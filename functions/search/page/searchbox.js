// The search box with its suggestions: a combobox as ARIA describes it.

import { asProblem } from "./api.js";
import { h, icon, swatch, toast, within } from "./dom.js";
import { describe, imageIn } from "./picture.js";
import { beginningWith, clearAll, query, searchFor } from "./query.js";
import { shown, t } from "./texts.js";

/**
 * @typedef {{ text: string, choose: () => void, note?: string, icon?: string, swatch?: string }} Suggestion
 * @typedef {(edit: (asked: URLSearchParams) => void, how?: { slid?: boolean, phrase?: boolean }) => void} Change
 */

export class SearchBox {
  /** @param {HTMLElement} form @param {Change} change edits the query by a function */
  constructor(form, change) {
    this.input = /** @type {HTMLInputElement} */ (within(form, "input"));
    this.list = within(form, "[role=listbox]");
    this.change = change;
    /** @type {Suggestion[]} */
    this.options = [];
    this.active = -1;
    this.typing = false;
    this.input.addEventListener("input", () => {
      this.typing = true;
      this.suggest();
    });
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    // An emptied box asks for no words any more: the cross in it, too.
    this.input.addEventListener("search", () => {
      if (!this.input.value && query().has("q")) this.submit("");
    });
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the box
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      if (option instanceof HTMLElement) this.options[Number(option.dataset.index)].choose();
    });
    this.picture = /** @type {HTMLButtonElement} */ (within(form, "#by-picture"));
    const file = /** @type {HTMLInputElement} */ (within(form, "input[type=file]"));
    this.picture.addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      this.searchLike(file.files?.[0]);
      file.value = "";
    });
    form.addEventListener("drop", (event) => this.searchLike(imageIn(event.dataTransfer)));
    form.addEventListener("paste", (event) => {
      const image = imageIn(event.clipboardData);
      if (!image) return;
      event.preventDefault(); // elsewhere a picture that is pasted is uploaded
      this.searchLike(image);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.active >= 0) this.options[this.active].choose();
      else this.submit(this.input.value);
    });
  }

  /** @param {URLSearchParams} asked */
  show(asked) {
    if (this.typing && document.activeElement === this.input) return; // an answer shall not take it away
    this.typing = false;
    this.input.value = asked.get("q") ?? "";
  }

  suggest() {
    const text = this.input.value.trim();
    const words = text.split(/\s+/);
    const last = words.pop() ?? "";
    this.options = [];
    if (text && text !== query().get("q")) {
      this.options.push({ text: t.searchFor(text), icon: "i-search", choose: () => this.submit(text) });
      this.options.push({ text: t.inTitles(text), icon: "i-search", choose: () => this.submit(`"${text.replaceAll('"', "")}"`) });
    }
    const fitting = beginningWith(last);
    for (const name of fitting.types) {
      const phrase = [...words, shown(name)].join(" ");
      this.options.push({ text: phrase, note: t.aType, icon: "i-hanger", choose: () => this.submit(phrase) });
    }
    for (const name of fitting.colors) {
      const phrase = [...words, shown(name)].join(" ");
      this.options.push({ text: phrase, note: t.aColor, swatch: name, choose: () => this.submit(phrase) });
    }
    this.active = -1;
    this.list.replaceChildren(
      ...this.options.map((option, index) =>
        h(
          "li",
          { role: "option", id: `option-${index}`, "data-index": index, "aria-selected": "false" },
          option.swatch ? swatch(option.swatch) : icon(option.icon ?? "i-search"),
          h("span", {}, option.text),
          option.note && h("small", {}, option.note),
        ),
      ),
    );
    this.expand(this.options.length > 0);
  }

  /** @param {boolean} open */
  expand(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", `${open}`);
    if (!open) this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.active = -1;
    this.expand(false);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
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

  /** Search for photos like a picture. @param {File | undefined} file */
  async searchLike(file) {
    if (!file) return;
    this.picture.setAttribute("aria-busy", "true");
    try {
      const name = await describe(file);
      this.change((asked) => {
        clearAll(asked);
        asked.set("like", name);
      }, { phrase: true });
    } catch (error) {
      toast(asProblem(error).message);
    } finally {
      this.picture.removeAttribute("aria-busy");
    }
  }

  /** A new phrase takes the place of what was asked for. @param {string} text */
  submit(text) {
    this.typing = false;
    this.input.value = text;
    this.change((asked) => searchFor(asked, text.trim()), { phrase: true });
    this.close();
  }
}
