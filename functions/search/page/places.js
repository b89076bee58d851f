// The places beside the photos: uploads that could not be added, and deleted photos. The menu leads to them.

import { change } from "./address.js";
import { ask } from "./api.js";
import { byId, h, icon, opensElsewhere } from "./dom.js";
import { clearAll } from "./query.js";
import { t } from "./texts.js";

const menu = byId("menu");
const rejected = h("span", {}, t.rejected);
menu.prepend(linkTo("rejected", "i-warn", rejected), linkTo("deleted", "i-delete", h("span", {}, t.recentlyDeleted)));
menu.addEventListener("beforetoggle", (event) => {
  if (event instanceof ToggleEvent && event.newState === "open") countRejected();
});

/** Say beside the link how many photos there are. */
async function countRejected() {
  const { total } = await ask("search?status=rejected&limit=1").catch(() => ({}));
  if (total) rejected.textContent = t.rejectedOf(total.photos, !total.exact);
}

/** @param {"rejected" | "deleted"} status @param {string} symbol @param {HTMLElement} text */
function linkTo(status, symbol, text) {
  const link = h("a", { class: "button quiet", href: `?status=${status}` }, icon(symbol), text);
  link.addEventListener("click", (event) => {
    if (opensElsewhere(event)) return;
    event.preventDefault();
    menu.hidePopover();
    change((asked) => {
      clearAll(asked);
      asked.set("status", status);
    });
  });
  return link;
}
