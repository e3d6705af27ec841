// The phone's home screen, which covers LINE while LINE is in the background, and the keys below the screen.

import { el, reconcile } from "./dom.js";
import { sayReception } from "./settings.js";
import { locale, t } from "./strings.js";
import { homeDate, statusTime } from "./times.js";

const byId = (id) => document.getElementById(id);
const SHOWN = 3;
// The newest message that each phone had while LINE was in front: what came later is a notification.
const seen = new Map();

export function showHome(view, phone, openLine) {
  const away = Boolean(phone) && !phone.line_in_front;
  byId("phone").dataset.system = phone?.system ?? "android";
  byId("home").hidden = !away;
  byId("line").inert = away;
  byId("nav-home").disabled = !phone || away;
  byId("signal-bluetooth").style.display = phone?.bluetooth ? "" : "none";
  byId("signal-location").style.display = phone?.location_services ? "" : "none";
  byId("clock").textContent = byId("home-clock").textContent = statusTime(view.now_ms);
  if (!phone) return;
  for (const each of view.phones) {
    if (each.line_in_front || !seen.has(each.id)) seen.set(each.id, each.last_message?.seq ?? 0);
  }
  if (!away) return;
  byId("home-date").textContent = homeDate(view.now_ms);
  byId("home-reception").textContent = sayReception(phone);
  showNotifications(view, phone, openLine);
}

function showNotifications(view, phone, openLine) {
  const chat = view.open?.id === phone.id ? view.open.chat : [];
  const news = chat.filter((message) => message.sender === "account" && message.seq > seen.get(phone.id));
  byId("home-unread").hidden = news.length === 0;
  byId("home-unread").textContent = String(news.length);
  reconcile(byId("notifications"), news.slice(-SHOWN).reverse(), {
    key: (message) => message.seq,
    signature: () => locale(),
    build: (message) => el("li", {}, el("button", { type: "button", dataset: { testid: "notification" }, onclick: openLine },
      el("span", { class: "notification-app" }, "LINE"), el("b", {}, view.bot_name), el("span", { class: "notification-text" }, message.text || t("image")))),
  });
}
