// The access token that a library may require: asked for once the API refuses a request without one.

import { keepToken } from "./api.js";
import { button, byId, h } from "./dom.js";
import { t } from "./texts.js";

document.addEventListener("token-needed", () => {
  const question = /** @type {HTMLDialogElement} */ (byId("question"));
  if (question.open) return;
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "question-title" }, t.token),
    h("p", {}, t.tokenWhy),
    h("label", { for: "token" }, t.tokenLabel),
    input,
    h("p", { class: "actions" }, h("button", { class: "primary", type: "submit" }, t.continue), button({ label: t.cancel, onclick: () => question.close() })),
  );
  form.addEventListener("submit", () => {
    keepToken(input.value.trim());
    document.dispatchEvent(new Event("token-given"));
  });
  question.replaceChildren(form);
  question.showModal();
});
