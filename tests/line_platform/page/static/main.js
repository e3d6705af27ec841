// Wires the page: one state, one refresh, one place where failures are shown.

import { performAction } from "./actions.js";
import { act, listen, listenWithin, view } from "./api.js";
import { isFull, isWithin, keepBeside, readAddress, showBeside, writeAddress } from "./beside.js";
import { showChat } from "./chat.js";
import { showHome } from "./home.js";
import { closeLiff, hearLiffPages, isLiffOpen } from "./liff.js";
import { showLogs } from "./log.js";
import { showPhones } from "./phones.js";
import { showPlaces } from "./places.js";
import { showRichMenu } from "./richmenu.js";
import { closeScanner, isScanning } from "./scanner.js";
import { onLanguageElsewhere, switchLanguage, t, translatePage } from "./strings.js";

const byId = (id) => document.getElementById(id);
// `read` holds the newest message seen of each phone, `menus` whether each rich menu is open, `beside` further phones.
const state = { view: null, phone: null, beside: [], read: new Map(), menus: new Map(), scrolledFor: null, lastSeq: 0 };

async function refresh() {
  const wanted = state.phone;
  const fresh = await view(wanted);
  if (wanted !== state.phone) return;
  if (!fresh.phones.some((phone) => phone.id === state.phone)) {
    const [first, ...others] = readAddress();
    state.phone = (fresh.phones.find((phone) => phone.id === first) ?? fresh.phones[0])?.id ?? null;
    state.beside = isWithin ? [] : keepBeside(others, state.phone, fresh.phones);
    state.view = fresh;
    if (state.phone) return refresh();
  }
  state.beside = keepBeside(state.beside, state.phone, fresh.phones);
  // What was there before the page was opened counts as read.
  if (!state.view?.open) for (const phone of fresh.phones) state.read.set(phone.id, phone.last_message?.seq ?? 0);
  state.view = fresh;
  show();
}

function show() {
  const phone = state.view.phones.find((each) => each.id === state.phone);
  for (const each of state.view.phones) {
    if (each === phone || state.beside.includes(each.id)) state.read.set(each.id, each.last_message?.seq ?? 0);
  }
  showTop(phone);
  showPhones(state, { choose, toggleBeside });
  showChat(state, perform);
  showRichMenu(state, perform, show);
  showHome(state.view, phone, openLine);
  showPlaces(state, attempt);
  showLogs(state.view);
  showBeside(state, toggleBeside);
  setLive(true);
  document.body.dataset.ready = "true";
}

function showTop(phone) {
  const { webhook_url: url, quota, bot_name: bot } = state.view;
  byId("webhook-url").textContent = url ?? t("webhookOff");
  byId("quota").textContent = quota.limit === null ? `${quota.used}（${t("quotaNone")}）` : `${quota.used} / ${quota.limit}`;
  byId("chat-title").textContent = bot;
  byId("chat-owner").textContent = phone ? t("chatOf", { name: phone.name }) : t("chooseAPhone");
  byId("note").hidden = !phone?.note;
  byId("note").replaceChildren(Object.assign(document.createElement("b"), { textContent: t("noteTitle") }), ` ${phone?.note ?? ""}`);
  if (isWithin && phone) document.title = t("phoneOf", { name: phone.name });
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
  state.beside = state.beside.filter((id) => id !== phone);
  state.phone = phone;
  closeLiff();
  setLive(false);
  writeAddress(state);
  showPane("chat");
  attempt(refresh);
}

function toggleBeside(phone) {
  const isBeside = state.beside.includes(phone);
  if (!isBeside && isFull(state)) return;
  state.beside = isBeside ? state.beside.filter((id) => id !== phone) : [...state.beside, phone];
  writeAddress(state);
  show();
  document.querySelector(`[data-testid="phone-beside"][data-user-id="${phone}"]`)?.focus();
}

// Until the chosen phone's state is there the page still shows the former one, and a tap would act for it.
function setLive(live) {
  for (const pane of document.querySelectorAll(".pane-chat, .pane-places")) pane.inert = !live;
}

const perform = (action) => attempt(() => performAction(state.phone, action, toast));
const setInFront = (front) => attempt(() => act(state.phone, "switch", { line_in_front: front }));
const openLine = () => setInFront(true);

// Android's way back: out of what covers the chat, at last out of LINE.
function goBack() {
  if (isScanning()) closeScanner();
  else if (isLiffOpen()) closeLiff();
  else setInFront(false);
}

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
byId("open-line").addEventListener("click", openLine);
byId("nav-home").addEventListener("click", () => setInFront(false));
byId("nav-back").addEventListener("click", goBack);
byId("liff-open").addEventListener("click", () => perform({ type: "uri", uri: `https://liff.line.me/${state.view.liff_ids[0]}` }));
byId("liff-close").addEventListener("click", closeLiff);
byId("search").addEventListener("input", () => state.view && showPhones(state, { choose, toggleBeside }));
byId("language").addEventListener("click", () => { switchLanguage(); translate(); });
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => showPane(button.dataset.show));
// Another address in the same tab, such as a bookmark.
addEventListener("hashchange", () => { closeLiff(); state.phone = null; attempt(refresh); });

document.body.toggleAttribute("data-within", isWithin);
showPane("chat");
translate();
onLanguageElsewhere(translate);
hearLiffPages((uri) => perform({ type: "uri", uri }));
if (isWithin) listenWithin(refreshSoon);
else listen(refreshSoon, toast);
