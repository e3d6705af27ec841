// Wires the page: one state, one refresh, one place where failures are shown.

import { closeLiff, performAction } from "./actions.js";
import { act, listen, view } from "./api.js";
import { showChat } from "./chat.js";
import { showLogs } from "./log.js";
import { showPhones } from "./phones.js";
import { showPlaces } from "./places.js";
import { showRichMenu } from "./richmenu.js";
import { switchLanguage, t, translatePage } from "./strings.js";
import { statusTime } from "./times.js";

const byId = (id) => document.getElementById(id);
// `read` holds the newest message seen of each phone, `menus` whether each rich menu is open.
const state = { view: null, phone: null, read: new Map(), menus: new Map(), scrolledFor: null, lastSeq: 0 };

async function refresh() {
  const wanted = state.phone;
  const fresh = await view(wanted);
  if (wanted !== state.phone) return;
  if (!fresh.phones.some((phone) => phone.id === state.phone)) {
    state.phone = chosenFromAddress(fresh.phones) ?? fresh.phones[0]?.id ?? null;
    state.view = fresh;
    if (state.phone) return refresh();
  }
  // What was there before the page was opened counts as read.
  if (!state.view?.open) for (const phone of fresh.phones) state.read.set(phone.id, phone.last_message?.seq ?? 0);
  state.view = fresh;
  show();
}

function show() {
  const phone = state.view.phones.find((each) => each.id === state.phone);
  if (phone) state.read.set(phone.id, phone.last_message?.seq ?? 0);
  showTop(phone);
  showPhones(state, choose);
  showChat(state, perform);
  showRichMenu(state, perform, show);
  showPlaces(state, attempt);
  showLogs(state.view);
  setLive(true);
  document.body.dataset.ready = "true";
}

function showTop(phone) {
  const { webhook_url: url, quota, bot_name: bot, now_ms: now } = state.view;
  byId("webhook-url").textContent = url ?? t("webhookOff");
  byId("quota").textContent = quota.limit === null ? `${quota.used}（${t("quotaNone")}）` : `${quota.used} / ${quota.limit}`;
  byId("chat-title").textContent = bot;
  byId("chat-owner").textContent = phone ? t("chatOf", { name: phone.name }) : t("chooseAPhone");
  byId("clock").textContent = statusTime(now);
  byId("signal-bluetooth").style.visibility = phone?.bluetooth ? "visible" : "hidden";
  byId("note").hidden = !phone?.note;
  byId("note").replaceChildren(Object.assign(document.createElement("b"), { textContent: t("noteTitle") }), ` ${phone?.note ?? ""}`);
  byId("background").hidden = !phone?.android_in_background;
  showFriendButton(phone);
  byId("liff-open").hidden = !phone || state.view.liff_ids.length === 0;
  for (const control of byId("compose").elements) control.disabled = !phone || phone.friendship === "blocked";
}

function showFriendButton(phone) {
  const button = byId("friend");
  const friend = phone?.friendship === "friend";
  button.hidden = !phone;
  button.textContent = t(friend ? "block" : phone?.friendship === "blocked" ? "unblock" : "addFriend");
  button.classList.toggle("friend-button-call", !friend);
  button.onclick = () => attempt(() => act(phone.id, friend ? "unfollow" : "follow"));
}

function choose(phone) {
  state.phone = phone;
  closeLiff();
  setLive(false);
  history.replaceState(null, "", `#${phone}`);
  showPane("chat");
  attempt(refresh);
}

// Until the chosen phone's state is there the page still shows the former one, and a tap would act for it.
function setLive(live) {
  for (const pane of document.querySelectorAll(".pane-chat, .pane-places")) pane.inert = !live;
}

const perform = (action) => attempt(() => performAction(state.phone, action, toast));

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    toast(t("failed", { text: error.message }));
    if (state.view) show();
  }
}

let toastTimer = 0;
function toast(text) {
  const line = byId("toast");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { line.hidden = true; }, 5000);
}

const chosenFromAddress = (phones) => phones.find((phone) => phone.id === location.hash.slice(1))?.id;

function showPane(name) {
  document.body.dataset.pane = name;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === name));
  }
}

// One refresh at a time: what changes meanwhile is seen by the next one.
let running = false;
let again = false;
async function refreshSoon() {
  if (running) { again = true; return; }
  running = true;
  do {
    again = false;
    await attempt(refresh);
  } while (again);
  running = false;
}

function translate() {
  translatePage();
  byId("language").textContent = t("otherLanguage");
  document.title = t("title");
  if (state.view) show();
}

byId("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value;
  if (!text.trim() || !state.phone) return;
  byId("text").value = "";
  attempt(() => act(state.phone, "say", { text }));
});
byId("sticker").addEventListener("click", () => attempt(() => act(state.phone, "sticker")));
// Taipei main station: a place that officers will recognise.
byId("location").addEventListener("click", () =>
  attempt(() => act(state.phone, "location", { latitude: 25.0478, longitude: 121.517, address: "臺北車站" })));
byId("open-line").addEventListener("click", () =>
  attempt(() => act(state.phone, "switch", { android_in_background: false })));
byId("liff-open").addEventListener("click", () => perform({ type: "uri", uri: `https://liff.line.me/${state.view.liff_ids[0]}` }));
byId("liff-close").addEventListener("click", closeLiff);
byId("search").addEventListener("input", () => state.view && showPhones(state, choose));
byId("language").addEventListener("click", () => { switchLanguage(); translate(); });
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => showPane(button.dataset.show));

showPane("chat");
translate();
listen(refreshSoon, toast);
