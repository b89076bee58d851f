// The keyboard's shortcuts on the page, and the list of all of them. Those of the open photo are in photo.js.

import { button, byId, h } from "./dom.js";
import { gallery } from "./results.js";
import { store } from "./store.js";
import { t } from "./texts.js";

addEventListener("keydown", (event) => {
  const { target } = event;
  if (!(target instanceof Element) || target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") return showShortcuts();
  if (target.closest("dialog")) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("q").focus();
  }
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});

/** Put the focus on the photo after the one that has it, or before it; on the first in sight if none has it. @param {number} by */
function step(by) {
  const item = document.activeElement?.closest("#gallery > li");
  const index = item instanceof HTMLElement ? Number(item.dataset.index) + by : (store.inSight?.index ?? 0);
  const photo = gallery.photos[index];
  if (!photo) return;
  gallery.reveal(photo.id);
  gallery.focus(photo.id);
}

export function showShortcuts() {
  const dialog = /** @type {HTMLDialogElement} */ (byId("shortcuts"));
  if (dialog.open) return;
  /** @type {[string[], string][]} */
  const keys = [
    [["/"], t.keySearch],
    [["←", "→", "↑", "↓"], t.keyMove],
    [["J", "K"], t.keyNextPrevious],
    [[t.enterKey], t.keyOpen],
    [["X"], t.keySelect],
    [["+", "−", "0"], t.keyZoom],
    [[t.deleteKey], t.keyDelete],
    [["Esc"], t.keyClose],
    [["?"], t.keyShortcuts],
  ];
  const close = button({ label: t.close, class: "primary", onclick: () => dialog.close() });
  dialog.replaceChildren(
    h("h2", { id: "shortcuts-title" }, t.shortcuts),
    h("dl", {}, ...keys.flatMap(([names, what]) => [h("dt", {}, ...names.map((name) => h("kbd", {}, name))), h("dd", {}, what)])),
    h("p", { class: "actions" }, close),
  );
  dialog.showModal();
  close.focus();
}
