// Everything that is not of every day: phone doctor, own data, calendar address, reminders, language.

import { clock, day, fromServer } from "./strings.js";
import { el } from "./view.js";

export const BEGIN = { calendar: null, url: null, copied: false, problem: null };

export const actions = ({ server, change, look, go }) => ({
  async open() {
    change({ url: null, copied: false, problem: null });
    change({ calendar: await server.calendar().catch(() => null) });
  },
  leave: (screen) => go(screen),
  async make() {
    try {
      const { url } = await server.makeCalendar();
      change({ url, copied: false, problem: null, calendar: await server.calendar() });
    } catch (problem) {
      change({ problem });
    }
  },
  async end() {
    try {
      await server.endCalendar();
      change({ url: null, problem: null, calendar: await server.calendar() });
    } catch (problem) {
      change({ problem });
    }
  },
  async copy(url) {
    await navigator.clipboard.writeText(url).then(() => change({ copied: true }), () => null);
  },
  async remind(wanted) {
    try {
      await server.remind(wanted);
      await look();
    } catch (problem) {
      change({ problem });
    }
  },
});

export function screen(state, act, t) {
  const { problem } = state.parts.more;
  const { more } = act;
  const link = (screen, key, hint) => el("li", {},
    el("button", { type: "button", id: `open-${screen}`, class: "plain wide", testid: `open-${screen}`, onclick: () => more.leave(screen) }, t(key)),
    el("span", { class: "small block" }, t(hint)));
  return [
    el("header", {}, el("h1", {}, t("more")),
      el("button", { type: "button", id: "language", class: "plain", testid: "language", "aria-label": t("otherName"), onclick: act.language }, t("other"))),
    problem && el("p", { class: "bad", role: "alert" }, fromServer(state.language, problem)),
    el("section", { class: "card" }, el("ul", {}, link("doctor", "doctor", "doctorHint"), link("privacy", "privacy", "privacyHint"))),
    calendar(state, more, t),
    state.me.reminder && reminder(state.me.reminder, more, t),
  ];
}

function calendar(state, act, t) {
  const { calendar: told, url, copied } = state.parts.more;
  const { language, me } = state;
  const made = told?.made_at && `${day(language, me.timezone, told.made_at)} ${clock(language, me.timezone, told.made_at)}`;
  return el("section", { class: "card", testid: "calendar-feed" }, el("h2", {}, t("calendar")), el("p", {}, t("calendarLead")),
    url && el("p", { class: "good", role: "status" }, t("calendarOnce")),
    url && el("p", { class: "address", testid: "calendar-url" }, url),
    !url && told?.exists && el("p", { class: "small" }, t("calendarMade", { at: made }), told.last_read_on && ` ${t("calendarRead", { day: told.last_read_on })}`),
    el("div", { class: "second" },
      url && el("button", { type: "button", id: "copy", class: "plain go", testid: "copy", onclick: () => act.copy(url) }, t(copied ? "copied" : "copy")),
      el("button", { type: "button", id: "make-calendar", class: "plain", testid: "make-calendar", onclick: act.make }, t(told?.exists ? "calendarNew" : "calendarMake")),
      told?.exists && el("button", { type: "button", id: "end-calendar", class: "plain", testid: "end-calendar", onclick: act.end }, t("calendarEnd"))));
}

const reminder = ({ wanted }, act, t) =>
  el("section", { class: "card" }, el("h2", {}, t("reminder")),
    el("label", { class: "choice" },
      el("input", { type: "checkbox", id: "remind", testid: "remind", "data-told": true, checked: wanted, onchange: (event) => act.remind(event.target.checked) }), t("reminderWanted")),
    el("p", { class: "small" }, t("reminderLead")));
