// The form that says what a photo shows: one type, several or none.

import { asProblem } from "./api.js";
import { button, h } from "./dom.js";
import { store } from "./store.js";
import { shown, t } from "./texts.js";

/**
 * @param {object} options
 * @param {string} options.legend
 * @param {string[]} [options.checked] the types that are chosen at first
 * @param {(types: string[]) => Promise<void>} options.save if it throws, the form shows why
 * @param {() => void} options.cancel
 */
export function typesForm({ legend, checked = [], save, cancel }) {
  /** @param {string} type */
  const choice = (type) =>
    h("label", { class: "facet" }, h("input", { type: "checkbox", name: "type", value: type, checked: checked.includes(type) }), shown(type));
  const failure = h("p", { role: "alert" });
  const submit = h("button", { class: "primary", type: "submit" }, t.save);
  const form = h(
    "form",
    { class: "correct" },
    h("fieldset", {}, h("legend", {}, legend), ...store.library.types.map(choice)),
    h("p", { class: "actions" }, submit, button({ label: t.cancel, onclick: cancel })),
    failure,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await save(new FormData(form).getAll("type").map(String));
    } catch (error) {
      submit.disabled = false;
      failure.textContent = asProblem(error).message;
    }
  });
  return form;
}
