// The list of phones on the left: search, friend state, note, where each one is, what is unread, which stand beside.

import { isFull, MOST_PHONES } from "./beside.js";
import { avatar, el, reconcile } from "./dom.js";
import { locale, t } from "./strings.js";
import { clockTime } from "./times.js";

const list = document.getElementById("phones");
const search = document.getElementById("search");

const matches = (phone, words) => words.every((word) => `${phone.name} ${phone.note}`.toLowerCase().includes(word));

export function showPhones(state, { choose, toggleBeside }) {
  const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const shown = state.view.phones.filter((phone) => matches(phone, words));
  const zones = new Map(state.view.zones.map((zone) => [zone.code, zone.name]));
  document.getElementById("phone-count").textContent = String(state.view.phones.length);
  document.getElementById("no-phones").hidden = shown.length > 0;
  reconcile(list, shown, {
    key: (phone) => phone.id,
    signature: (phone) =>
      JSON.stringify([
        locale(), phone.name, phone.note, phone.friendship, zones.get(phone.zone), phone.last_message,
        phone.id === state.phone, isUnread(phone, state), state.beside.includes(phone.id), isFull(state),
      ]),
    build: (phone) => item(phone, zones.get(phone.zone), state, choose, toggleBeside),
  });
}

const isShown = (phone, state) => phone.id === state.phone || state.beside.includes(phone.id);

export const isUnread = (phone, state) =>
  !isShown(phone, state) && (phone.last_message?.seq ?? 0) > (state.read.get(phone.id) ?? 0);

function item(phone, zone, state, choose, toggleBeside) {
  const chosen = phone.id === state.phone;
  const last = phone.last_message;
  const button = el(
    "button",
    {
      type: "button",
      class: "phone-item",
      "aria-current": chosen ? "true" : null,
      dataset: { testid: "phone-item", phone: phone.name, userId: phone.id, friendship: phone.friendship },
      onclick: () => choose(phone.id),
    },
    avatar(phone.name, phone.id),
    el(
      "span",
      { class: "phone-item-main" },
      el("span", { class: "phone-item-name" }, phone.name),
      phone.note && el("span", { class: "phone-item-note" }, phone.note),
      last && el("span", { class: "phone-item-last" }, last.text),
    ),
    el(
      "span",
      { class: "phone-item-side" },
      el("span", { class: "phone-item-time" },
        isUnread(phone, state) && el("span", { class: "dot" }, el("span", { class: "hidden" }, t("unread"))),
        last && clockTime(last.at_ms)),
      zone && el("span", { class: "badge badge-zone" }, zone),
      el("span", { class: `badge badge-${phone.friendship}` }, t(phone.friendship)),
    ),
  );
  return el("li", { class: "phone-row" }, button, !chosen && besideButton(phone, state, toggleBeside));
}

function besideButton(phone, state, toggleBeside) {
  const isBeside = state.beside.includes(phone.id);
  const full = !isBeside && isFull(state);
  const label = full ? t("besideFull", { n: MOST_PHONES }) : t(isBeside ? "removeBeside" : "addBeside", { name: phone.name });
  return el("button", {
    type: "button", class: "beside-button", "aria-pressed": String(isBeside), "aria-label": label, title: label, disabled: full,
    dataset: { testid: "phone-beside", phone: phone.name, userId: phone.id }, onclick: () => toggleBeside(phone.id),
  }, isBeside ? "−" : "＋");
}
