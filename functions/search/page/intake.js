// How files come in: by the button, dropped anywhere on the page, or pasted.

import { closePhoto, openId, openPhoto } from "./address.js";
import { uploaded } from "./changes.js";
import { byId } from "./dom.js";
import { store } from "./store.js";
import { tell } from "./tabs.js";
import { Uploads } from "./upload.js";

const files = /** @type {HTMLInputElement} */ (byId("files"));
const uploads = new Uploads(byId("uploads"), {
  done: (photo) => {
    uploaded(photo);
    tell({ kind: "uploaded", photo });
  },
  open: (photo) => openPhoto(photo.id),
});

byId("upload").addEventListener("click", () => files.click());
files.addEventListener("change", () => {
  uploads.add([...(files.files ?? [])]);
  files.value = "";
});
/** @param {DragEvent} event */
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => {
  if (!carriesFiles(event) || ++store.dragged > 1) return;
  document.body.classList.add("dragging");
  byId("drop").showPopover(); // also above a photo
});
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --store.dragged <= 0) dropped();
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  dropped();
  if (event.target instanceof Element && event.target.closest("#search")) return; // it is searched for
  if (openId()) closePhoto(); // which lies over the list of uploads
  uploads.add([...(event.dataTransfer?.files ?? [])]);
});

addEventListener("paste", (event) => uploads.paste(event));

/** Nothing is dragged over the page any more. */
function dropped() {
  store.dragged = 0;
  document.body.classList.remove("dragging");
  byId("drop").hidePopover();
}
