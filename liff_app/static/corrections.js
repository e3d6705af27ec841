// Corrections 補打卡: ask for a forgotten punch with a photo, follow what becomes of it.

import { clock, day, fromServer } from "./strings.js";
import { el, failed, loading } from "./view.js";

// Of a photo nobody needs more to read a notice on a wall; over one bar of signal every kilobyte counts.
const LONGEST_SIDE = 1600;
const QUALITY = 0.8;

export const BEGIN = {
  phase: "loading", // loading | there | failed
  told: null,
  form: null, // { direction, date, time } that an open form began with
  file: null,
  sending: false,
  problem: null,
  done: false,
};

// A local date and time of the department as ISO 8601 with its offset, wherever the phone is.
export function zoned(timeZone, date, time) {
  const asUtc = Date.parse(`${date}T${time}Z`);
  const offset = (at) => {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at);
    const part = (type) => parts.find((each) => each.type === type).value;
    return Date.parse(`${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}Z`) - Math.floor(at / 60000) * 60000;
  };
  return new Date(asUtc - offset(asUtc - offset(asUtc))).toISOString();
}

// The same the other way round, for the fields of a form.
export function local(timeZone, iso) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(new Date(iso));
  const part = (type) => parts.find((each) => each.type === type).value;
  return { date: `${part("year")}-${part("month")}-${part("day")}`, time: `${part("hour")}:${part("minute")}` };
}

// What an opened form begins with: what a day in the month lacks, else what this duty lacks, else now.
export function suggestion(me, how = {}) {
  const direction = how.direction ?? me.due ?? "in";
  const at = how.at ?? (how.day ? null : me.duty && (direction === "out" ? me.duty.end : me.duty.start));
  const isPast = at && Date.parse(at) <= Date.parse(me.now);
  const fields = local(me.timezone, isPast ? at : me.now);
  return { how, direction, ...fields, ...(how.day && !isPast ? { date: how.day } : {}) };
}

export const actions = ({ server, state, here, change }) => ({
  open(how) {
    change({ ...BEGIN, told: here().told, phase: here().told ? "there" : "loading", form: how.day ? suggestion(state().me, how) : null });
    this.load();
  },
  async load() {
    const told = await server.corrections().catch(() => null);
    change(told ? { phase: "there", told } : { phase: here().told ? "there" : "failed" });
  },
  begin: () => change({ form: suggestion(state().me), problem: null, done: false, file: null }),
  cancel: () => change({ form: null, problem: null }),
  file: (file) => change({ file }),
  async send({ direction, date, time, reason }) {
    change({ sending: true, problem: null });
    try {
      const attachment = here().file && (await attach(here().file));
      await server.correct({ direction, at: zoned(state().me.timezone, date, time), reason, ...(attachment ? { attachment } : {}) });
      change({ sending: false, form: null, file: null, done: true });
    } catch (problem) {
      change({ sending: false, problem });
    }
    this.load();
  },
  async withdraw(id) {
    await server.withdraw(id).catch((problem) => change({ problem }));
    this.load();
  },
});

// A picture is made small on the phone; anything else goes as it is, and the server says what it takes.
async function attach(file) {
  // Never the picture as it was taken: it may say where that was.
  const small = file.type.startsWith("image/") ? await shrink(file) : file;
  const name = small === file ? file.name : file.name.replace(/\.[^.]*$/, "") + ".jpg";
  const bytes = new Uint8Array(await small.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return { name, content: btoa(text) };
}

async function shrink(file) {
  const picture = await read(file).catch(() => { throw { zh: "這張照片讀不了，請換一張，或附 PDF。", en: "This picture cannot be read: choose another, or a PDF." }; });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/jpeg", QUALITY));
}

// An element and not createImageBitmap: phones older than 2022 turn only this one the right way up.
async function read(file) {
  const picture = new Image();
  picture.src = await new Promise((done, fail) => {
    const reader = Object.assign(new FileReader(), { onload: () => done(reader.result), onerror: () => fail(reader.error) });
    reader.readAsDataURL(file);
  });
  await picture.decode();
  return picture;
}

export function screen(state, act, t) {
  const { phase, told, form, problem, done } = state.parts.corrections;
  const { corrections } = act;
  return [
    el("header", {}, el("h1", {}, t("correctionsTitle"))),
    done && el("p", { class: "good", role: "status", testid: "correction-done" }, t("correctionDone")),
    form ? formCard(state, corrections, t) : el("button", { type: "button", id: "new-correction", class: "big", testid: "new-correction", onclick: corrections.begin }, t("correctionNew")),
    !form && problem && el("p", { class: "bad", role: "alert" }, fromServer(state.language, problem)),
    phase === "loading" && loading(t),
    phase === "failed" && failed(t, () => corrections.load()),
    phase === "there" && told.corrections.length === 0 && el("p", { class: "small" }, t("correctionNone")),
    ...(phase === "there" ? told.corrections.map((each) => card(state, each, corrections, t)) : []),
  ];
}

// The other punch is missing at the other end of the duty.
function refill(me, form, direction) {
  const { date, time } = suggestion(me, { ...form.how, direction, at: direction === form.direction ? form.how?.at : null });
  document.getElementById("date").value = date;
  document.getElementById("time").value = time;
}

function formCard(state, act, t) {
  const { form, sending, problem, file } = state.parts.corrections;
  const submit = (event) => {
    event.preventDefault();
    act.send(Object.fromEntries(["direction", "date", "time", "reason"].map((name) => [name, new FormData(event.target).get(name)])));
  };
  const radio = (direction) => el("label", { class: "choice" },
    el("input", { type: "radio", id: `direction-${direction}`, name: "direction", value: direction, checked: form.direction === direction, required: true, onchange: () => refill(state.me, form, direction) }), t(direction));
  const reason = (text, place) => el("button", { type: "button", id: `reason-${place}`, class: "plain", onclick: () => { document.getElementById("reason").value = text; } }, text);
  return el("form", { class: "card", onsubmit: submit, testid: "correction-form" },
    el("fieldset", {}, el("legend", {}, t("correctionWhich")), radio("in"), radio("out")),
    el("label", { for: "date" }, t("date")),
    el("input", { type: "date", id: "date", name: "date", value: form.date, required: true }),
    el("label", { for: "time" }, t("time")),
    el("input", { type: "time", id: "time", name: "time", value: form.time, required: true }),
    el("label", { for: "reason" }, t("reason")),
    el("textarea", { id: "reason", name: "reason", rows: 2, maxlength: 400, required: true }),
    el("div", { class: "second" }, t("reasons").map(reason)),
    el("label", { for: "photo" }, t("photo")),
    el("input", { type: "file", id: "photo", accept: "image/*,application/pdf", testid: "photo", onchange: (event) => act.file(event.target.files[0] ?? null) }),
    file && el("p", { class: "small" }, file.name),
    problem && el("p", { class: "bad", role: "alert", testid: "correction-problem" }, fromServer(state.language, problem)),
    el("button", { id: "send-correction", class: "big", disabled: sending, testid: "send-correction" }, t(sending ? "sending" : "correctionSend")),
    el("div", { class: "second" }, el("button", { type: "button", id: "cancel", class: "plain", onclick: act.cancel }, t("cancel"))));
}

export function punchWords({ language, me }, correction, t) {
  const { timezone } = me;
  return `${fromServer(language, correction.kind_words)}　${day(language, timezone, correction.at)} ${clock(language, timezone, correction.at)} ${t(correction.direction)}`;
}

function card(state, correction, act, t) {
  const kind = { approved: "good", rejected: "bad", withdrawn: "small" }[correction.state] ?? "warn";
  return el("section", { class: "card", testid: "correction", "data-state": correction.state },
    el("p", { class: "strong" }, punchWords(state, correction, t)),
    el("p", { class: kind }, fromServer(state.language, correction.state_words)),
    el("p", { class: "small" }, correction.reason),
    correction.attachment_name && el("p", { class: "small" }, `📎 ${correction.attachment_name}`),
    correction.comment && el("p", {}, t("comment", { text: correction.comment })),
    correction.is_open && el("button", { type: "button", id: `withdraw-${correction.id}`, class: "plain", testid: "withdraw", onclick: () => act.withdraw(correction.id) }, t("withdraw")));
}
