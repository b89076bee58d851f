// The menu in the header: the keyboard's shortcuts, the API's description and the language.

import { byId, h, icon } from "./dom.js";
import { showShortcuts } from "./keyboard.js";
import { chooseLanguage, language, LANGUAGES } from "./numbers.js";
import { t } from "./texts.js";

const menu = byId("menu");
const languages = h(
  "select",
  { onchange: () => chooseLanguage(languages.value) },
  ...Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code, selected: code === language }, name)),
);
/** @param {MouseEvent} event */
const help = (event) => {
  event.preventDefault();
  menu.hidePopover();
  showShortcuts();
};
menu.append(
  h("button", { type: "button", class: "quiet", onclick: help }, icon("i-keyboard"), t.shortcuts),
  h("a", { class: "button quiet", href: "docs" }, icon("i-code"), t.apiDocs),
  h("label", {}, icon("i-language"), t.language, languages),
);
