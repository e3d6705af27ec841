// The month: a calendar in colour and in text, totals, and a day's duties with their punches. Loaded when it is opened.

import { thisMonth } from "./state.js";
import { clock, day, fromServer } from "./strings.js";
import { el, evidence, failed, loading } from "./view.js";

// One short sign for each status; the legend says what it means.
const SIGNS = {
  present: ["勤", "P"], leave: ["假", "L"], pending: ["待", "·"], in_progress: ["中", "…"], missing_in: ["缺", "M"],
  missing_out: ["缺", "M"], unproven: ["查", "?"], absent: ["未", "A"], unrostered: ["加", "X"],
};
const KINDS = { present: "good", leave: "calm", pending: "calm", in_progress: "calm", unrostered: "calm", unproven: "warn" };
const WORST = ["absent", "missing_in", "missing_out", "unproven", "in_progress", "present", "unrostered", "leave", "pending"];
const NOTED = new Set(["late", "early_leave", "half_day", "short", "low_assurance"]);

const sign = (language, status) => SIGNS[status][language === "en" ? 1 : 0];
const worst = (records) => WORST.find((status) => records.some((record) => record.status === status));
const hours = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;

// "2026-11" and a number of months: dates as text, for no phone's time zone has a part in them.
export function addMonths(month, count) {
  const [year, number] = month.split("-").map(Number);
  const index = year * 12 + number - 1 + count;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}`;
}

// The weeks of a month from Monday, null for days of other months.
export function weeks(month) {
  const [year, number] = month.split("-").map(Number);
  const first = (new Date(Date.UTC(year, number - 1, 1)).getUTCDay() + 6) % 7;
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const cells = [...Array(first).fill(null), ...Array.from({ length }, (_, place) => `${month}-${String(place + 1).padStart(2, "0")}`)];
  while (cells.length % 7) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

export const BEGIN = { month: null, phase: "loading", told: null, day: null }; // phase: loading | there | failed

export const actions = ({ server, state, here, change, go }) => ({
  open() { this.month(0); },
  async month(step) {
    const month = addMonths(here().month ?? thisMonth(state(), Date.now()), step);
    change({ ...BEGIN, month });
    const told = await server.month(month).catch(() => null);
    // Another month may have been chosen meanwhile.
    if (here().month === month) change(told ? { phase: "there", told } : { phase: "failed" });
  },
  day: (day) => change({ day }),
  // The form opens with what the record lacks.
  forgot(day) {
    const record = here().told.records.find((each) => each.duty_date === day && (!each.sign_in || !each.sign_out));
    const direction = record?.sign_in ? "out" : "in";
    go("corrections", { day, direction, at: direction === "in" ? record?.start : record?.end });
  },
});

export function screen(state, act, t) {
  const { told, month, phase, day: chosen } = state.parts.history;
  const { history } = act;
  return [
    el("header", {}, el("h1", {}, t("history")),
      el("div", { class: "months" },
        el("button", { type: "button", id: "earlier", class: "plain", testid: "earlier", "aria-label": t("earlier"), onclick: () => history.month(-1) }, "‹"),
        el("b", { testid: "month" }, month.replace("-", "/")),
        el("button", { type: "button", id: "later", class: "plain", testid: "later", "aria-label": t("later"), onclick: () => history.month(1) }, "›"))),
    phase === "loading" && loading(t),
    phase === "failed" && failed(t, () => history.month(0)),
    phase === "there" && calendar(state, history, t),
    phase === "there" && (chosen ? dayCard(state, history, t) : el("p", { class: "small" }, t("chooseDay"))),
    phase === "there" && totals(told, t),
  ];
}

function calendar({ language, parts: { history: { told, month, day: chosen } } }, act, t) {
  const byDay = Map.groupBy ? Map.groupBy(told.records, (record) => record.duty_date) : group(told.records);
  const used = new Set();
  const cell = (date) => {
    if (!date) return el("td", {});
    const records = byDay.get(date) ?? [];
    const number = String(Number(date.slice(8)));
    if (records.length === 0) return el("td", {}, el("span", { class: "day" }, number));
    const status = worst(records);
    used.add(status);
    const isNoted = records.some((record) => record.flags.some((flag) => NOTED.has(flag.code)));
    const words = records.map((record) => [record.shift, fromServer(language, record.status_words), ...record.flags.map((flag) => fromServer(language, flag.words))].join(" ")).join("；");
    const kind = isNoted && status === "present" ? "warn" : KINDS[status] ?? "bad";
    return el("td", {}, el("button", {
      type: "button", id: `day-${date}`, class: `day day-${kind}`, testid: "day", "data-date": date, "data-status": status,
      "aria-pressed": String(date === chosen), "aria-label": `${number} ${words}`, onclick: () => act.day(date),
    }, number, el("b", {}, sign(language, status) + (isNoted ? "!" : ""))));
  };
  const rows = weeks(month).map((week) => el("tr", {}, week.map(cell)));
  const words = new Map(told.records.map((record) => [record.status, fromServer(language, record.status_words)]));
  return el("section", { class: "card calendar" },
    el("table", {}, el("caption", { class: "hidden" }, `${t("history")} ${month}`),
      el("thead", {}, el("tr", {}, t("weekdays").map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, rows)),
    el("p", { class: "small" }, [...used].map((status) => `${sign(language, status)} ${words.get(status)}`).join("　"), used.size > 0 && `　! ${t("noted")}`));
}

function group(records) {
  const found = new Map();
  for (const record of records) found.set(record.duty_date, [...(found.get(record.duty_date) ?? []), record]);
  return found;
}

function dayCard(state, act, t) {
  const { language, me, parts: { history: { told, day: chosen } } } = state;
  const zone = told.timezone;
  const at = (iso) => (iso ? clock(language, zone, iso) : "–");
  const records = told.records.filter((record) => record.duty_date === chosen);
  return el("section", { class: "card", testid: "day-detail", "aria-live": "polite" }, records.map((record) =>
    el("article", {},
      el("h2", {}, `${day(language, zone, record.start ?? record.sign_in ?? record.sign_out)} ${record.shift} ${record.start ? `${at(record.start)}–${at(record.end)}` : ""}`),
      el("p", { class: "strong" }, [fromServer(language, record.status_words), ...record.flags.map((flag) => fromServer(language, flag.words))].join("．")),
      el("p", {}, `${t("in")} ${at(record.sign_in)}　${t("out")} ${at(record.sign_out)}${record.worked_minutes === null ? "" : `　${t("worked")} ${hours(record.worked_minutes)}`}`),
      el("ul", {}, record.punches.map((punch) => el("li", { testid: "day-punch" },
        el("b", {}, `${clock(language, zone, punch.at, true)} ${t(punch.direction)}`), ` ${punch.zone ?? ""}`, punch.disposition !== "used" && ` ${t(punch.disposition)}`,
        el("span", { class: "small block" }, evidence({ language, me: me ?? { timezone: zone } }, punch, t))))))),
    el("button", { type: "button", id: "forgot-day", class: "plain", testid: "forgot-day", onclick: () => act.forgot(chosen) }, t("forgotThis")));
}

function totals({ totals: sums }, t) {
  const rows = [
    ["present", sums.statuses.present], ["lateTimes", sums.flags.late, sums.late_minutes && t("minutesLong", { n: sums.late_minutes })],
    ["missing", sums.statuses.missing_in + sums.statuses.missing_out], ["absent", sums.statuses.absent], ["unproven", sums.statuses.unproven], ["leave", sums.statuses.leave],
    ["worked", hours(sums.worked_minutes)], ["overtime", hours(sums.overtime_minutes)], ["night", hours(sums.night_minutes)],
  ];
  return el("section", { class: "card", testid: "totals" }, el("h2", {}, t("totals")),
    el("dl", {}, rows.map(([key, value, more]) => el("div", {}, el("dt", {}, t(`sum_${key}`)), el("dd", {}, `${value}${more ? `（${more}）` : ""}`)))));
}
