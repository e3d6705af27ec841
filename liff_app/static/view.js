// The state as DOM; nothing here remembers anything.

import { proof, serverMs } from "./state.js";
import { ago, clock, day, fromServer, say } from "./strings.js";

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "testid") node.dataset.testid = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Screens beside the first: each comes with its own module when it is opened.
export const screens = {};

export function show(root, state, act, atMs) {
  const t = (key, values) => say(state.language, key, values);
  document.documentElement.lang = state.language;
  document.title = t("title");
  const screen = (state.view === "home" && screens[state.screen]) || { loading: () => [loading(t)], enrol, notice: screens.privacy, home, stopped }[state.view];
  const parts = [...screen(state, act, t, atMs), state.view === "home" && navigation(state, act, t)].filter(Boolean);
  const typed = new Map([...root.querySelectorAll("input:not([type=file], [data-told]), textarea, select")].map(({ id, value, checked }) => [id, { value, checked }]));
  const focused = root.contains(document.activeElement) ? document.activeElement.id : null;
  // What is the same stays the same element: a finger on a button must find it there when it is lifted.
  const kept = parts.map((part, place) => (isSame(root.children[place], part) ? root.children[place] : part));
  kept.forEach((part, place) => {
    const old = root.children[place];
    if (!old) root.append(part);
    else if (old !== part) old.replaceWith(part);
  });
  while (root.children.length > kept.length) root.lastElementChild.remove();
  for (const [id, was] of typed) if (document.getElementById(id)) Object.assign(document.getElementById(id), was);
  // What the server knows is not what somebody typed.
  for (const box of root.querySelectorAll("[data-told]")) box.checked = box.hasAttribute("checked");
  if (focused !== null && !root.contains(document.activeElement)) focus(root, focused);
}

// Whoever works without a finger is where the thing was, or else at what is new.
function focus(root, id) {
  const place = (id && document.getElementById(id)) || root.querySelector("[data-focus]") || root.querySelector("h1");
  if (place && !place.matches("button, input, textarea, select, a, summary")) place.tabIndex = -1;
  place?.focus({ preventScroll: true });
}

export const toTop = (root) => {
  focus(root, null);
  window.scrollTo(0, 0);
};

// An opened <details> is the person's own doing.
const isSame = (old, fresh) => old && (old.tagName === "DETAILS" ? old.tagName === fresh.tagName && old.textContent === fresh.textContent : old.isEqualNode(fresh));

const navigation = ({ screen, me }, act, t) =>
  el("nav", { "aria-label": t("pages") }, ["today", "history", "corrections", me.supervises && "unit", "more"].filter(Boolean).map((name) =>
    el("button", { type: "button", id: `go-${name}`, testid: `go-${name}`, "aria-current": name === screen ? "page" : null, onclick: () => act.go(name) }, t(name))));

export const loading = (t) => el("p", { class: "center", role: "status" }, t("loading"));

export const failed = (t, again) =>
  el("section", { class: "card bad-card", role: "alert" }, el("p", {}, t("notLoaded")),
    el("button", { type: "button", id: "again", class: "big", onclick: again }, t("retry")));

const languageButton = (act, t) =>
  el("button", { type: "button", id: "language", class: "plain", testid: "language", "aria-label": t("otherName"), onclick: act.language }, t("other"));

function stopped({ problem, language }, act, t) {
  const isOffline = problem?.code === "offline";
  return [
    el("header", {}, el("h1", {}, t("stopped")), languageButton(act, t)),
    el("section", { class: "card", role: "alert", testid: "stopped" },
      el("p", {}, problem ? fromServer(language, problem) : ""),
      !isOffline && el("p", {}, t("fromLine")),
      el("button", { type: "button", id: "reload", class: "big", onclick: act.reload }, t(isOffline ? "retry" : "reload"))),
  ];
}

function enrol({ enrolment, language }, act, t) {
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    act.enrol(form.get("staff_no").trim(), form.get("code").trim());
  };
  return [
    el("header", {}, el("h1", {}, t("enrolTitle")), languageButton(act, t)),
    el("form", { class: "card", onsubmit: submit, testid: "enrolment" },
      el("p", {}, t("enrolLead")),
      el("label", { for: "staff_no" }, t("staffNo")),
      el("input", { id: "staff_no", name: "staff_no", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }),
      el("label", { for: "code" }, t("code")),
      el("input", { id: "code", name: "code", required: true, maxlength: 64, autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false", "aria-describedby": "code_hint" }),
      el("p", { id: "code_hint", class: "small" }, t("codeHint")),
      enrolment.problem && el("p", { class: "bad", role: "alert", testid: "enrolment-problem" }, fromServer(language, enrolment.problem)),
      el("button", { id: "bind", class: "big", disabled: enrolment.busy, testid: "bind" }, t(enrolment.busy ? "binding" : "bind")),
      el("p", { class: "small" }, t("enrolNone"))),
  ];
}

function home(state, act, t, atMs) {
  const { me } = state;
  return [
    el("header", {},
      el("div", {}, el("h1", { testid: "who" }, me.officer.name),
        el("p", { class: "small" }, [me.officer.staff_no, me.officer.title, me.officer.unit].filter(Boolean).join("．"))),
      languageButton(act, t)),
    state.offline && el("p", { class: "warn", role: "status" }, t("offline")),
    dutyCard(state, t),
    state.tap && tapCard(state, act, t, atMs),
    ...(!state.tap || state.tap.phase === "refused" ? [sensedCard(state, act, t, atMs), punchCard(state, act, t)] : []),
    recordCard(state, t),
    me.next_duty && el("p", { class: "small", testid: "next-duty" }, t("nextDuty", { duty: dutyText(state, me.next_duty) })),
    help(me, act, t),
  ];
}

function dutyText({ language, me }, duty) {
  const at = (iso) => clock(language, me.timezone, iso);
  return `${day(language, me.timezone, duty.start)} ${duty.shift} ${at(duty.start)}–${at(duty.end)}`;
}

function dutyCard(state, t) {
  const { me, language } = state;
  if (!me.duty) return el("section", { class: "card", testid: "duty" }, el("h2", {}, t("noDuty")));
  const dayOf = (iso) => day(language, me.timezone, iso);
  // A window over midnight would else look shut.
  const isLong = dayOf(me.duty.opens) !== dayOf(me.duty.closes);
  const at = (iso) => `${isLong ? `${dayOf(iso)} ` : ""}${clock(language, me.timezone, iso)}`;
  return el("section", { class: "card", testid: "duty" },
    el("h2", {}, t("duty")), el("p", { class: "strong" }, dutyText(state, me.duty)),
    el("p", { class: "small" }, t("window", { a: at(me.duty.opens), b: at(me.duty.closes) })));
}

function sensedCard(state, act, t, atMs) {
  const { sensed } = state.me;
  const found = proof(state, atMs);
  const now = serverMs(state, atMs);
  const values = sensed && { zone: sensed.zone, ago: ago(state.language, now - Date.parse(sensed.at)) };
  const isWeak = found === "old" && Date.parse(sensed.good_until) > now;
  const isShown = sensed && !sensed.heard && found === "there";
  return el("section", { testid: "sensed", "data-proof": found },
    el("p", { class: `sensed sensed-${found}` },
      found === "awaited" && el("span", { class: "spinner", "aria-hidden": "true" }), t(isWeak ? "weak" : isShown ? "shown" : found, values ?? {})),
    isShown && el("p", { class: "small" }, t("shownNow", { worth: fromServer(state.language, sensed.assurance_words) })),
    found !== "there" && el("p", { class: "small" }, t("tapAnyway")),
    (found === "none" || found === "old") && otherWays(state.me, act, t));
}

// Help, and weaker proof, only once the beacon has been waited for.
const otherWays = (me, act, t) =>
  el("div", { class: "second" },
    el("button", { type: "button", id: "to-doctor", class: "plain", testid: "to-doctor", onclick: () => act.go("doctor") }, t("doctor")),
    placeButton(me, act, t, "to-place"));

const placeButton = ({ fallbacks }, act, t, id) =>
  (fallbacks.site_code || fallbacks.location) && el("button", { type: "button", id, class: "plain", testid: id, onclick: () => act.go("place") }, t("placeOther"));

function punchCard(state, act, t) {
  const { due } = state.me;
  const main = due ?? (state.me.duty ? null : "in");
  const second = main === "out" ? "in" : "out";
  const button = (direction, kind) =>
    el("button", { type: "button", id: `tap-${direction}`, class: kind, testid: `tap-${direction}`, onclick: () => act.tap(direction) }, t(direction));
  return el("section", { class: "card punch" },
    main ? button(main, "big") : el("p", { class: "strong" }, t("complete")),
    el("div", { class: "second" }, main ? button(second, "plain") : [button("in", "plain"), button("out", "plain")]));
}

function tapCard(state, act, t, atMs) {
  const { tap, language, me } = state;
  const what = t(tap.direction);
  const close = el("button", { type: "button", id: "close", class: "plain", testid: "close", onclick: act.dismiss }, t("close"));
  switch (tap.phase) {
    case "sending":
      return el("section", { class: "card punch", role: "status", "data-focus": true }, el("p", { class: "strong" }, el("span", { class: "spinner", "aria-hidden": "true" }), t("sending")));
    case "waiting": {
      const until = tap.told.waits_until;
      const left = until && Math.max(0, Math.ceil((Date.parse(until) - serverMs(state, atMs)) / 1000));
      return el("section", { class: "card punch", testid: "waiting", "data-focus": true },
        el("p", { class: "strong" }, el("span", { class: "spinner", "aria-hidden": "true" }), until ? t("waiting", { s: left }) : t("waitingPlain")),
        el("p", {}, fromServer(language, tap.told.reason_words)), el("p", {}, t("waitingHelp")), otherWays(me, act, t));
    }
    case "unsent":
      return el("section", { class: "card punch bad-card", role: "alert", testid: "unsent", "data-focus": true },
        el("p", { class: "strong" }, t("unsent")), el("p", {}, t("unsentHelp", { what })),
        el("button", { type: "button", id: "retry", class: "big", testid: "retry", onclick: act.retry }, t("retry")), close);
    case "recorded": {
      const { punch } = tap.told;
      const done = punch.direction === "out" ? "doneOut" : "doneIn";
      return el("section", { class: "card punch good-card", testid: "recorded", "data-focus": true },
        el("p", { class: "done" }, `✓ ${t(done)} ${clock(language, me.timezone, punch.at)}`),
        el("p", {}, punch.zone ?? ""), el("p", { class: "small" }, evidence(state, punch, t)), close);
    }
    default:
      return el("section", { class: "card punch bad-card", role: "alert", testid: "refused", "data-focus": true },
        el("p", { class: "strong" }, t("refused", { what })),
        el("p", {}, fromServer(language, tap.told?.reason_words ?? tap.problem)), close);
  }
}

export function evidence({ language, me }, punch, t) {
  const heard = punch.heard_at ? `${clock(language, me.timezone, punch.heard_at, true)} ` : "";
  return t("evidence", { what: `${heard}${fromServer(language, punch.evidence)}`, worth: fromServer(language, punch.assurance_words) });
}

function recordCard(state, t) {
  const { me, language } = state;
  return el("section", { class: "card", testid: "punches" }, el("h2", {}, t("recorded")),
    me.punches.length === 0 ? el("p", { class: "small" }, t("nothing")) :
      el("ul", {}, me.punches.map((punch) => el("li", { testid: "punch" },
        el("b", {}, `${clock(language, me.timezone, punch.at)} ${t(punch.direction)}`), ` ${punch.zone ?? ""}`,
        el("span", { class: "small block" }, evidence(state, punch, t))))));
}

const help = (me, act, t) =>
  el("details", { class: "card", testid: "help" }, el("summary", { id: "help" }, t("help")),
    el("ol", {}, t("helpSteps").map((step) => el("li", {}, step))), el("p", { class: "small" }, t("helpMore")),
    el("div", { class: "second" },
      el("button", { type: "button", id: "help-doctor", class: "plain go", testid: "help-doctor", onclick: () => act.go("doctor") }, t("doctor")),
      placeButton(me, act, t, "help-place")));
