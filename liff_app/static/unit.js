// A supervisor's unit today: who is there, who is missing, and requests to approve with one tap.

import { local, punchWords } from "./corrections.js";
import { clock, day, fromServer } from "./strings.js";
import { el, failed, loading } from "./view.js";

export const BEGIN = {
  phase: "loading", // loading | there | failed
  told: null,
  day: null, // null: today
  busy: null, // the request that is being decided
  rejecting: null, // the request whose rejection needs its reason
  problem: null,
  done: null, // what the last decision came to
  pictures: {}, // by request: a data URL, or what went wrong
};

const nextDay = (day, step) => new Date(Date.parse(`${day}T00:00:00Z`) + step * 86400000).toISOString().slice(0, 10);

export const actions = ({ server, here, change }) => ({
  open() { this.load(null); },
  async load(day) {
    change({ day, phase: here().told ? "there" : "loading" });
    const told = await server.unit(day).catch(() => null);
    if (here().day === day) change(told ? { phase: "there", told } : { phase: "failed" });
  },
  step(count) { this.load(nextDay(here().told.day, count)); },
  reject: (id) => change({ rejecting: id, problem: null }),
  async decide(id, decision, comment = "") {
    change({ busy: id, problem: null, done: null });
    try {
      const done = await server.decide(id, decision, comment);
      change({ busy: null, rejecting: null, done });
    } catch (problem) {
      change({ busy: null, problem: { ...problem, id, zh: problem.zh, en: problem.en } });
    }
    this.load(here().day);
  },
  async picture(id) {
    const shown = await server.attachment(id).catch((problem) => ({ problem }));
    const isPicture = /\.(jpe?g|png)$/i.test(shown.name ?? "");
    const url = isPicture ? `data:image/${/png$/i.test(shown.name) ? "png" : "jpeg"};base64,${shown.content}` : null;
    change({ pictures: { ...here().pictures, [id]: { url, problem: shown.problem ?? null } } });
  },
});

export function screen(state, act, t) {
  const { phase, told, problem, done } = state.parts.unit;
  const { unit } = act;
  return [
    el("header", {}, el("h1", {}, t("unitTitle")), told && days(told, unit, t)),
    done && el("p", { class: "good", role: "status", testid: "decided" }, fromServer(state.language, done.state_words),
      done.month_count > done.quota && t("overQuota", { n: done.month_count, quota: done.quota })),
    problem && el("p", { class: "bad", role: "alert" }, fromServer(state.language, problem)),
    phase === "loading" && loading(t),
    phase === "failed" && failed(t, () => unit.load(state.parts.unit.day)),
    ...(phase === "there" ? told.corrections.map((each) => request(state, each, unit, t)) : []),
    phase === "there" && people(state, told, t),
  ];
}

const days = (told, act, t) =>
  el("div", { class: "months" },
    el("button", { type: "button", id: "day-before", class: "plain", "aria-label": t("dayBefore"), onclick: () => act.step(-1) }, "‹"),
    el("b", { testid: "unit-day" }, told.day.slice(5).replace("-", "/")),
    el("button", { type: "button", id: "day-after", class: "plain", "aria-label": t("dayAfter"), onclick: () => act.step(1) }, "›"));

function request(state, correction, act, t) {
  const { busy, rejecting, pictures } = state.parts.unit;
  const { id } = correction;
  const picture = pictures[id];
  const buttons = el("div", { class: "second" },
    el("button", { type: "button", id: `approve-${id}`, class: "plain go", testid: "approve", disabled: busy === id, onclick: () => act.decide(id, "approve") }, t("approve")),
    el("button", { type: "button", id: `reject-${id}`, class: "plain", testid: "reject", disabled: busy === id, onclick: () => act.reject(id) }, t("reject")));
  const why = (event) => {
    event.preventDefault();
    act.decide(id, "reject", new FormData(event.target).get("comment"));
  };
  const form = el("form", { onsubmit: why }, el("label", { for: `comment-${id}` }, t("rejectWhy")),
    el("textarea", { id: `comment-${id}`, name: "comment", rows: 2, maxlength: 400, required: true }),
    el("div", { class: "second" }, el("button", { class: "plain", testid: "reject-send" }, t("reject")),
      el("button", { type: "button", id: `keep-${id}`, class: "plain", onclick: () => act.reject(null) }, t("cancel"))));
  return el("section", { class: "card", testid: "request" },
    el("p", { class: "strong" }, `${correction.name}　${correction.staff_no}`),
    el("p", {}, punchWords(state, correction, t)), el("p", {}, correction.reason),
    correction.attachment_name && !picture && el("button", { type: "button", id: `picture-${id}`, class: "plain", testid: "show-picture", onclick: () => act.picture(id) }, `📎 ${correction.attachment_name}`),
    picture && (picture.url ? el("img", { src: picture.url, alt: correction.attachment_name, class: "picture" })
      : el("p", { class: "small" }, picture.problem ? fromServer(state.language, picture.problem) : t("notAPicture"))),
    rejecting === id ? form : buttons);
}

function people(state, told, t) {
  const { language, me } = state;
  const at = (iso) => (iso ? clock(language, me.timezone, iso) : "–");
  // Of last night, and still under way.
  const night = (duty) => (local(me.timezone, duty.start).date === told.day ? "" : `${day(language, me.timezone, duty.start)} `);
  const isAwaited = (duty) => duty.status === "in_progress" && !duty.sign_in && Date.parse(duty.start) <= Date.parse(told.now);
  const row = (duty) => {
    const words = [isAwaited(duty) ? t("notYet") : fromServer(language, duty.status_words), ...duty.flags.map((flag) => fromServer(language, flag.words))].join("．");
    const kind = isAwaited(duty) || ["absent", "missing_in", "missing_out", "unproven"].includes(duty.status) ? "bad" : duty.flags.length ? "warn" : "";
    return el("li", { testid: "person", "data-status": duty.status }, el("b", {}, `${duty.name} `), el("span", { class: "small" }, `${duty.staff_no}．${duty.unit}`),
      el("span", { class: "block" }, `${night(duty)}${duty.shift} ${at(duty.start)}–${at(duty.end)}　${t("in")} ${at(duty.sign_in)}　${t("out")} ${at(duty.sign_out)}`),
      el("span", { class: `block ${kind}` }, words));
  };
  return el("section", { class: "card", testid: "unit" },
    el("h2", {}, told.units.length > 3 ? t("unitsMany", { first: told.units[0], n: told.units.length }) : told.units.join("、")),
    el("p", { class: "strong" }, told.statuses.map((each) => `${fromServer(language, each.words)} ${each.count}`).join("　") || t("unitNobody")),
    el("ul", {}, told.duties.map(row)));
}
