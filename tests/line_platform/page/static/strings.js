// The page's language: which one, texts by name, and texts that index.html names.

import { en } from "./strings_en.js";
import { zh } from "./strings_zh.js";

const tables = { zh, en };
const STORED = "line-platform-language";

let language = stored();

function stored() {
  return localStorage.getItem(STORED) === "en" ? "en" : "zh";
}

export const locale = () => (language === "en" ? "en-GB" : "zh-TW");

export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem(STORED, language);
}

// Phones that stand side by side are pages of their own: what one of them chooses counts for all.
export function onLanguageElsewhere(changed) {
  addEventListener("storage", (event) => {
    if (event.key !== STORED) return;
    language = stored();
    changed();
  });
}

export function t(name, values = {}) {
  const text = tables[language][name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

// Where both systems need different words, the name has the system behind it.
export const tFor = (name, system) => (`${name}_${system}` in zh ? t(`${name}_${system}`) : t(name));

// Texts that index.html names by data attributes.
export function translatePage(root = document) {
  document.documentElement.lang = language === "en" ? "en" : "zh-Hant-TW";
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const node of root.querySelectorAll("[data-placeholder]")) node.placeholder = t(node.dataset.placeholder);
}
