// What the page knows, and what becomes of it: pure, no clock, no network, no DOM.

export const PENDING = new Set(["sending", "waiting", "unsent"]);

export const initial = (language) => ({
  view: "loading", // loading | enrol | notice | home | stopped
  screen: "today", // or the name of a module beside this one
  language,
  me: null,
  skewMs: 0, // the server's clock less this phone's
  openedMs: null, // when this page was first told anything, by the server's clock
  tap: null, // { requestId, direction, phase: sending | waiting | unsent | recorded | refused, told }
  problem: null, // why nothing can be shown, { code, zh, en }
  enrolment: { busy: false, problem: null },
  offline: false,
  parts: {}, // what each opened screen knows, by its name
});

export function next(state, event) {
  switch (event.type) {
    case "me":
      return {
        ...state, view: event.me.notice_accepted ? "home" : "notice", me: event.me, skewMs: Date.parse(event.me.now) - event.atMs, problem: null,
        openedMs: state.openedMs ?? Date.parse(event.me.now), offline: false, enrolment: { busy: false, problem: null },
      };
    case "not_enrolled":
      return { ...state, view: "enrol", me: null, offline: false };
    case "enrolling":
      return { ...state, enrolment: { busy: true, problem: null } };
    case "not_bound":
      return { ...state, enrolment: { busy: false, problem: event.problem } };
    case "stopped":
      return { ...state, view: "stopped", problem: event.problem };
    case "offline":
      return state.me ? { ...state, offline: true } : { ...state, view: "stopped", problem: event.problem };
    case "tap":
      // A second finger on the button is not a second tap.
      if (state.tap && PENDING.has(state.tap.phase) && state.tap.phase !== "unsent") return state;
      return {
        ...state, tap: { requestId: event.requestId, direction: event.direction, phase: "sending", told: null },
        // A number is for one tap.
        me: state.me?.request_id === event.requestId ? { ...state.me, request_id: null } : state.me,
      };
    case "told":
      if (state.tap?.requestId !== event.told.request_id) return state;
      return { ...state, offline: false, tap: { ...state.tap, phase: event.told.state, told: event.told } };
    case "unsent":
      if (state.tap?.requestId !== event.requestId) return state;
      return { ...state, tap: { ...state.tap, phase: "unsent" } };
    case "dismissed":
      return { ...state, tap: null };
    case "screen":
      return { ...state, screen: event.screen };
    case "part":
      return { ...state, parts: { ...state.parts, [event.name]: { ...state.parts[event.name], ...event.change } } };
    case "language":
      return { ...state, language: event.language };
    default:
      return state;
  }
}

// The server's time: a phone's clock may be years off.
export const serverMs = (state, atMs) => atMs + state.skewMs;

// Whether a tap at this moment would find its proof, as far as the page knows.
export function proof(state, atMs) {
  const { sensed } = state.me;
  const now = serverMs(state, atMs);
  if (sensed?.proves_now && Date.parse(sensed.good_until) > now) return "there";
  if (now - state.openedMs < state.me.liff_waits_s * 1000) return "awaited";
  return sensed ? "old" : "none";
}

// The department's month at this moment, as "2026-11".
export function thisMonth(state, atMs) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: state.me.timezone, year: "numeric", month: "2-digit" }).formatToParts(serverMs(state, atMs));
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("year")}-${part("month")}`;
}

// How often to ask again, in milliseconds: soon while something is awaited, seldom when nothing is.
export function rhythm(state, atMs) {
  if (state.view !== "home") return null;
  if (state.tap?.phase === "waiting") return 2000;
  if (state.screen !== "today" && state.screen !== "doctor") return 30000;
  return proof(state, atMs) === "there" ? 30000 : 3000;
}
