// Phones beside the chosen one: each is this same page in a frame, showing one phone and its places.

import { el, reconcile } from "./dom.js";
import { t } from "./strings.js";

export const MOST_PHONES = 4;
const place = document.getElementById("beside");

// A page inside another shows one phone and hears of changes from the other.
export const isWithin = new URLSearchParams(location.search).has("within");

export const isFull = (state) => 1 + state.beside.length >= MOST_PHONES;

// The address names the chosen phone first, then those beside it.
export const readAddress = () => location.hash.slice(1).split("+").filter(Boolean);

export const writeAddress = (state) => history.replaceState(null, "", `#${[state.phone, ...state.beside].join("+")}`);

export function keepBeside(ids, chosen, phones) {
  const known = new Set(phones.map((phone) => phone.id));
  return [...new Set(ids)].filter((id) => id !== chosen && known.has(id)).slice(0, MOST_PHONES - 1);
}

export function showBeside(state, remove) {
  const phones = state.beside.map((id) => state.view.phones.find((phone) => phone.id === id)).filter(Boolean);
  document.body.dataset.phones = String(1 + phones.length);
  document.getElementById("main").style.setProperty("--phones", String(1 + phones.length));
  reconcile(place, phones, { key: (phone) => phone.id, signature: () => "", build: (phone) => column(phone, remove) });
  // The frames stay as they are when the language changes: only their names are written anew.
  phones.forEach((phone, number) => {
    const [frame, button] = [place.children[number].querySelector("iframe"), place.children[number].querySelector("button")];
    frame.title = t("phoneOf", { name: phone.name });
    button.setAttribute("aria-label", t("removeBeside", { name: phone.name }));
  });
}

const column = (phone, remove) =>
  el("section", { class: "column", dataset: { testid: "beside-column", phone: phone.name } },
    el("iframe", { src: `/?within#${phone.id}`, dataset: { testid: "beside-frame", phone: phone.name } }),
    el("button", { type: "button", class: "column-close", dataset: { testid: "beside-remove", phone: phone.name }, onclick: () => remove(phone.id) }, "✕"));
