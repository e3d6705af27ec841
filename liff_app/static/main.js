// Wires the page: one state, one way to change it, one look at the server at a time.

import { connect, Problem, renew, signIn } from "./api.js";
import { initial, next, PENDING, rhythm } from "./state.js";
import { chooseLanguage, fromServer, otherLanguage, say } from "./strings.js";
import { screens, show, toTop } from "./view.js";

const root = document.getElementById("app");
const status = document.getElementById("status");
const liff = window.liff;
// What must survive a closed page: a tap that nobody has confirmed, and the language.
const KEPT_TAP = "checkin.tap";
const KEPT_LANGUAGE = "checkin.language";
const KEPT_HANDSET = "checkin.handset";
// Each has a module of its name beside this one, loaded when it is opened.
const SCREENS = new Set(["history", "corrections", "unit", "doctor", "place", "privacy", "more"]);
const TICKING = new Set(["today", "doctor"]);
const RETRIES_MS = [500, 1500, 4000];
const KEPT_FOR_MS = 15 * 60 * 1000;

const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const store = (key, value) => {
  try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* private mode */ }
};

// A number at random that tells this phone from others, and nothing else about it.
function handset() {
  const kept = stored(KEPT_HANDSET);
  if (kept) return kept;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  store(KEPT_HANDSET, made);
  // Where nothing can be kept, each page would be another phone.
  return stored(KEPT_HANDSET);
}

let state = initial(stored(KEPT_LANGUAGE) ?? chooseLanguage(navigator.language));
let server = null;
let timer = 0;
let asking = null;
let wanted = "today";
let hasBegun = false;

function dispatch(event) {
  const before = state.tap?.phase;
  state = next(state, event);
  draw();
  if (state.tap && state.tap.phase !== before) announce();
  plan();
}

const draw = () => show(root, state, acts, Date.now());
const words = (key, values) => say(state.language, key, values);

// A screen reader hears what became of the tap, once.
function announce() {
  const { phase, direction, told } = state.tap;
  const said = { recorded: words((told?.punch?.direction ?? direction) === "out" ? "doneOut" : "doneIn"), waiting: fromServer(state.language, told?.reason_words), sending: words("sending") };
  status.textContent = said[phase] ?? "";
}

function plan() {
  clearTimeout(timer);
  const wait = rhythm(state, Date.now());
  if (wait !== null && document.visibilityState === "visible") timer = setTimeout(look, wait);
}

async function look() {
  if (asking) return asking;
  asking = lookOnce().finally(() => { asking = null; plan(); });
  return asking;
}

async function lookOnce() {
  try {
    if (state.tap?.phase === "waiting") {
      told(await server.tapped(state.tap.requestId));
      if (state.tap?.phase === "waiting") return;
    }
    const me = await server.me();
    if (!me.notice_accepted) await load("privacy");
    const before = state.view;
    dispatch({ type: "me", me, atMs: Date.now() });
    if (state.view === "notice" && before !== "notice") acts.privacy.open();
    if (state.view === "home" && before === "notice") toTop(root);
    if (state.view === "home" && !hasBegun) begin();
  } catch (problem) {
    fail(problem);
  }
}

function fail(problem) {
  if (!(problem instanceof Problem)) throw problem;
  if (problem.code === "not_enrolled") return dispatch({ type: "not_enrolled" });
  if (problem.code === "token_expired" && renew(liff)) return undefined;
  return dispatch({ type: isPassing(problem) ? "offline" : "stopped", problem });
}

// Nothing was said about what was asked: it may be asked again.
const isPassing = ({ status }) => status === 0 || status === 429 || status >= 500;

const kept = () => { try { return JSON.parse(stored(KEPT_TAP)); } catch { return null; } };

// Another tab may keep a tap of its own.
function forget(requestId) {
  if (kept()?.requestId === requestId) store(KEPT_TAP, null);
}

function told(answer) {
  if (answer.state !== "waiting") forget(answer.request_id);
  dispatch({ type: "told", told: answer });
}

// The same number until there is an answer: however often it is sent, it is one tap.
async function send(requestId, direction) {
  for (const wait of [...RETRIES_MS, null]) {
    try {
      told(await server.tap(requestId, direction, handset()));
      look();
      return;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.code === "request_id_expired") return renewTap(requestId, direction);
      // Nothing was taken, and the tap is kept: it goes out again after signing in, or after the notice.
      if (problem.code === "token_expired") return fail(problem);
      if (problem.code === "notice_not_accepted") {
        dispatch({ type: "dismissed" });
        return look();
      }
      if (!isPassing(problem)) {
        forget(requestId);
        dispatch({ type: "told", told: { state: "refused", request_id: requestId, reason_words: problem } });
        return;
      }
      if (wait === null) break;
      await new Promise((done) => setTimeout(done, wait));
    }
  }
  dispatch({ type: "unsent", requestId });
}

// The number was too old to be taken, or another tap's: nothing was recorded of this one, and it goes out under a new number.
async function renewTap(requestId, direction) {
  forget(requestId);
  dispatch({ type: "dismissed" });
  await look();
  acts.tap(direction);
}

// What a screen's own module works with: it changes its own part of the state only.
const partOf = (name) => ({
  liff,
  server,
  look,
  state: () => state,
  here: () => state.parts[name],
  change: (change) => dispatch({ type: "part", name, change }),
  go: (screen, how) => acts.go(screen, how),
});

async function load(name) {
  if (screens[name]) return;
  if (!SCREENS.has(name)) throw new Error(`no screen ${name}`);
  const module = await import(`./${name}.js`).catch(() => { throw new Problem(0, "offline", "連不上伺服器 / cannot reach the server"); });
  acts[name] = module.actions(partOf(name));
  dispatch({ type: "part", name, change: module.BEGIN });
  screens[name] = module.screen;
}

const acts = {
  async tap(direction) {
    if (!state.me || (state.tap && PENDING.has(state.tap.phase))) return;
    if (!state.me.request_id) {
      // The last number has been used, and there was no network for a new one.
      dispatch({ type: "tap", requestId: null, direction });
      await look();
      if (!state.me?.request_id) return dispatch({ type: "unsent", requestId: null });
      dispatch({ type: "dismissed" });
    }
    const requestId = state.me.request_id;
    store(KEPT_TAP, JSON.stringify({ requestId, direction, staffNo: state.me.officer.staff_no, atMs: Date.now() }));
    dispatch({ type: "tap", requestId, direction });
    send(requestId, direction);
  },
  retry() {
    const { requestId, direction } = state.tap;
    if (requestId === null) {
      dispatch({ type: "dismissed" });
      return acts.tap(direction);
    }
    dispatch({ type: "tap", requestId, direction });
    return send(requestId, direction);
  },
  dismiss() {
    forget(state.tap.requestId);
    dispatch({ type: "dismissed" });
    look();
  },
  async enrol(staffNo, code) {
    dispatch({ type: "enrolling" });
    try {
      await server.enrol(staffNo, code);
      await lookOnce();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Bound by a request whose answer was lost.
      if (problem.code === "already_enrolled") await look();
      else dispatch({ type: "not_bound", problem });
    }
  },
  language() {
    const language = otherLanguage(state.language);
    store(KEPT_LANGUAGE, language);
    dispatch({ type: "language", language });
  },
  // Each screen beside the first comes with its own module when it is opened; the phone's back button leaves it.
  async go(screen, how = {}) {
    wanted = screen;
    if (screen === state.screen) return;
    if (screen !== "today") {
      try {
        await load(screen);
      } catch {
        dispatch({ type: "offline" });
        return;
      }
      // Another button was tapped while this screen was on its way.
      if (wanted !== screen) return;
      acts[screen].open?.(how);
    }
    if (!how.isBack) history.pushState({ screen }, "", location.pathname);
    dispatch({ type: "screen", screen });
    status.textContent = "";
    toTop(root);
  },
  reload: () => location.reload(),
};

// A page that was closed before it had its answer asks for it now.
async function resume() {
  const tap = kept();
  // A clock that was wrong then or is now makes no tap fresh.
  const isOurs = tap?.staffNo === state.me.officer.staff_no && Math.abs(Date.now() - tap.atMs) <= KEPT_FOR_MS;
  if (!isOurs) return store(KEPT_TAP, null);
  dispatch({ type: "tap", ...tap });
  return send(tap.requestId, tap.direction);
}

// Once, as soon as there is a page for this officer, however long the network took.
async function begin() {
  hasBegun = true;
  await resume();
  openWanted();
}

// A menu of the chat opens a screen, a zone's screen code the page with it; LINE hands both on in the address.
function openWanted() {
  const wanted = new URLSearchParams(location.search);
  const code = wanted.get("place");
  if (code) acts.go("place", { code });
  else if (SCREENS.has(wanted.get("screen"))) acts.go(wanted.get("screen"));
}

async function start() {
  draw();
  if (!liff || !(await signIn(liff, document.body.dataset.liffId))) {
    if (!liff) dispatch({ type: "stopped", problem: { code: "offline", zh: "LINE 元件沒有載入。", en: "LINE's part of this page did not load." } });
    return;
  }
  server = connect(liff, window.fetch.bind(window));
  await look();
  // Seconds that pass, on the screens that show them: nothing is asked for them.
  setInterval(() => { if (state.view === "home" && TICKING.has(state.screen) && document.visibilityState === "visible") draw(); }, 1000);
}

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible" && server) look(); });
addEventListener("online", () => { if (server) look(); });
addEventListener("popstate", (event) => acts.go(event.state?.screen ?? "today", { isBack: true }));
start().catch((error) => {
  console.error(error);
  dispatch({ type: "stopped", problem: { code: "liff", zh: "無法登入 LINE。", en: "Signing in to LINE failed." } });
});
