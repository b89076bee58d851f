// The other photos with the same bytes as an open one: a search shows only the oldest of them.

import { ask } from "./api.js";
import { h, opensElsewhere } from "./dom.js";
import { date } from "./numbers.js";
import { t } from "./texts.js";

/** @typedef {import("./api.js").Photo} Photo */

const MOST = 12; // that are listed

/**
 * A section with a link to each of a photo's copies, or nothing if it has none.
 * @param {Photo} photo
 * @param {(id: string) => string} address of a photo
 * @param {(photo: Photo) => void} open
 */
export function copiesOf({ duplicates = [] }, address, open) {
  if (!duplicates.length) return null;
  return h(
    "section",
    { class: "copies-of", "aria-label": t.otherCopies },
    h("h3", {}, t.otherCopies),
    h("ul", {}, ...duplicates.slice(0, MOST).map((id) => h("li", {}, linkTo(id, address, open)))),
    duplicates.length > MOST && h("p", {}, t.andMore(duplicates.length - MOST)),
  );
}

/** @param {string} id @param {(id: string) => string} address @param {(photo: Photo) => void} open */
function linkTo(id, address, open) {
  const link = h("a", { href: address(id) }, t.loading);
  const known = ask(`photos/${id}`).then(
    (/** @type {Photo} */ photo) => {
      link.replaceChildren(h("span", { class: "title" }, photo.title ?? t.untitled), h("small", {}, date(photo.uploaded_at)));
      return photo;
    },
    () => link.replaceChildren(t.photoNotFound),
  );
  link.addEventListener("click", async (event) => {
    if (opensElsewhere(event)) return;
    event.preventDefault();
    const photo = await known;
    if (photo) open(photo);
  });
  return link;
}
