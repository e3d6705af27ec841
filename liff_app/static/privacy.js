// The notice with its version, before the first use and afterwards; a copy of the own data; requests about it.

import { day, fromServer } from "./strings.js";
import { el, failed, loading } from "./view.js";

export const BEGIN = { phase: "loading", told: null, busy: false, problem: null, copy: null, copied: false, asked: false }; // phase: loading | there | failed

export const actions = ({ liff, server, here, change, look }) => ({
  open() { this.load(); },
  async load() {
    const told = await server.privacy().catch(() => null);
    change(told ? { phase: "there", told } : { phase: here().told ? "there" : "failed" });
  },
  async accept() {
    change({ busy: true, problem: null });
    try {
      await server.accept(here().told.version);
      await look();
    } catch (problem) {
      change({ problem });
      await this.load();
    }
    change({ busy: false });
  },
  async data() {
    change({ busy: true, problem: null });
    try {
      const copy = await server.data();
      // As text once: the screen is drawn often, and the copy may be large.
      const count = Object.values(copy).filter(Array.isArray).reduce((sum, rows) => sum + rows.length, 0);
      change({ copy: { text: JSON.stringify(copy, null, 1), count } });
    } catch (problem) {
      change({ problem });
    }
    change({ busy: false });
  },
  async copy() {
    await navigator.clipboard.writeText(here().copy.text).then(() => change({ copied: true }), () => null);
  },
  // LINE's own browser saves no files; any other one does.
  canSave: () => !liff.isInClient(),
  async ask(kind, text) {
    change({ busy: true, problem: null, asked: false });
    try {
      await server.askAboutData(kind, text);
      change({ asked: true });
    } catch (problem) {
      change({ problem });
    }
    change({ busy: false });
    await this.load();
  },
});

export function screen(state, act, t) {
  const { phase, told, problem } = state.parts.privacy;
  const { privacy } = act;
  const isFirst = state.view === "notice";
  return [
    el("header", {}, el("h1", {}, t(isFirst ? "noticeTitle" : "privacy")),
      el("button", { type: "button", id: "language", class: "plain", testid: "language", "aria-label": t("otherName"), onclick: act.language }, t("other"))),
    isFirst && el("p", {}, t("noticeLead")),
    phase === "loading" && loading(t),
    phase === "failed" && failed(t, () => privacy.load()),
    phase === "there" && notice(state, told, t),
    problem && el("p", { class: "bad", role: "alert", testid: "privacy-problem" }, fromServer(state.language, problem)),
    ...(phase !== "there" ? [] : isFirst ? [accept(state, privacy, t)] : [data(state, privacy, t), ...requests(state, privacy, t)]),
  ];
}

function accept(state, act, t) {
  const { busy } = state.parts.privacy;
  return el("section", { class: "card punch" },
    el("button", { type: "button", id: "accept", class: "big", testid: "accept", disabled: busy, onclick: () => act.accept() }, t(busy ? "sending" : "noticeAccept")),
    el("p", { class: "small" }, t("noticeElse")));
}

function notice(state, told, t) {
  const { language } = state;
  const { sections, table } = fromServer(language, told.notice);
  const stored = (row) => el("details", {}, el("summary", {}, el("b", {}, row.what)),
    el("dl", {}, ["why", "kept", "who"].map((column) => el("div", {}, el("dt", {}, table.columns[column]), el("dd", {}, row[column])))));
  const accepted = told.accepted_at && t("noticeAccepted", { at: day(language, told.timezone, told.accepted_at) });
  return el("section", { class: "card notice", testid: "notice" },
    el("p", { class: "small" }, `${t("noticeVersion", { version: told.version })} ${accepted || ""}`),
    sections.map((section) => [el("h2", {}, section.heading), ...section.paragraphs.map((text) => el("p", {}, text))]).flat(),
    el("h2", {}, table.heading), table.rows.map(stored));
}

function data(state, act, t) {
  const { busy, copy, copied } = state.parts.privacy;
  const address = copy && act.canSave() && `data:application/json;charset=utf-8,${encodeURIComponent(copy.text)}`;
  return el("section", { class: "card", testid: "own-data" }, el("h2", {}, t("dataTitle")), el("p", {}, t("dataLead")),
    copy && el("details", {}, el("summary", {}, t("dataShown", { n: copy.count })),
      el("pre", { class: "data", tabindex: "0", testid: "data" }, copy.text)),
    el("div", { class: "second" },
      !copy && el("button", { type: "button", id: "get-data", class: "plain go", testid: "get-data", disabled: busy, onclick: () => act.data() }, t(busy ? "loading" : "dataGet")),
      copy && el("button", { type: "button", id: "copy-data", class: "plain", onclick: () => act.copy() }, t(copied ? "copied" : "copy")),
      address && el("a", { class: "plain", href: address, download: "my-data.json", testid: "save-data" }, t("save"))));
}

const KINDS = ["see", "correct", "stop", "delete"];

function requests(state, act, t) {
  const { told, busy, asked } = state.parts.privacy;
  const { language } = state;
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    act.ask(form.get("kind"), form.get("text"));
  };
  const form = el("form", { class: "card", onsubmit: submit, testid: "data-request" }, el("h2", {}, t("requestTitle")),
    el("label", { for: "kind" }, t("requestKind")),
    el("select", { id: "kind", name: "kind", required: true }, el("option", { value: "" }, t("choose")), KINDS.map((kind) => el("option", { value: kind }, t(`request_${kind}`)))),
    // Another field after each request: what was sent does not stay in it.
    el("label", { for: `text-${told.requests.length}` }, t("requestText")),
    el("textarea", { id: `text-${told.requests.length}`, name: "text", rows: 3, maxlength: 1000, required: true }),
    asked && el("p", { class: "good", role: "status", testid: "asked" }, t("requestSent")),
    el("div", { class: "second" }, el("button", { id: "ask", class: "plain go", testid: "ask", disabled: busy }, t(busy ? "sending" : "correctionSend"))));
  const row = (each) => el("section", { class: "card", testid: "asked-request", "data-state": each.state },
    el("p", { class: "strong" }, `${fromServer(language, each.kind_words)}．${fromServer(language, each.state_words)}`),
    el("p", {}, each.text),
    each.answer ? el("p", {}, t("requestAnswer", { text: each.answer })) : el("p", { class: "small" }, t("requestDue", { at: day(language, told.timezone, each.due_at) })));
  return [form, ...told.requests.map(row)];
}
