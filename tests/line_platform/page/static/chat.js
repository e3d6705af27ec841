// The chat of the open phone: bubbles, quick replies, day marks, the loading animation.

import { el, reconcile } from "./dom.js";
import { flexMessage } from "./flex.js";
import { locale, t } from "./strings.js";
import { picture, templateMessage } from "./templates.js";
import { clockTime, dayKey, dayName } from "./times.js";

const log = document.getElementById("chat");
const quick = document.getElementById("quick");

const NOTICES = { followed: "followed", blocked: "blockedNotice" };
const VIA = { reply: "viaReply", push: "viaPush", multicast: "viaMulticast", liff: "viaLiff" };

export function showChat(state, perform) {
  const open = state.view.open;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const rows = open ? rowsOf(open, state.view.now_ms) : [];
  const lastSeq = open?.chat.at(-1)?.seq ?? 0;
  reconcile(log, rows, {
    key: (row) => `${open.id}-${row.key}`,
    signature: (row) => JSON.stringify([locale(), row.key, row.first ?? null, row.label ?? null]),
    build: (row) => row.build(state.view, perform),
  });
  showQuickReplies(open, perform);
  if (atEnd || state.scrolledFor !== open?.id || state.lastSeq !== lastSeq) log.scrollTop = log.scrollHeight;
  state.scrolledFor = open?.id;
  state.lastSeq = lastSeq;
}

function rowsOf(open, nowMs) {
  const rows = [];
  if (open.chat.length === 0) rows.push({ key: "empty", build: () => mark(t("emptyChat"), "notice") });
  open.chat.forEach((message, place) => {
    const before = open.chat[place - 1];
    if (!before || dayKey(before.at_ms) !== dayKey(message.at_ms)) {
      const label = dayName(message.at_ms, nowMs);
      rows.push({ key: `day-${dayKey(message.at_ms)}`, label, build: () => mark(label, "day") });
    }
    const first = before?.sender !== message.sender;
    rows.push({ key: message.seq, first, build: (view, perform) => row(message, first, view, perform) });
  });
  if (open.loading) rows.push({ key: "loading", build: loading });
  return rows;
}

const mark = (text, kind) => el("div", { class: `mark mark-${kind}` }, el("span", {}, text));

const loading = () =>
  el("div", { class: "row row-account" }, el("div", { class: "loading", role: "status" }, el("i"), el("i"), el("i"),
    el("span", { class: "hidden" }, t("typing"))));

function row(message, first, view, perform) {
  const marks = {
    testid: "message", sender: message.sender, via: message.via, seq: String(message.seq), type: message.content.type ?? "",
  };
  if (message.sender === "notice") {
    const notice = mark(t(NOTICES[message.via] ?? message.via), "notice");
    Object.assign(notice.dataset, marks);
    return notice;
  }
  const fromAccount = message.sender === "account";
  const who = fromAccount ? view.bot_name : t("you");
  return el(
    "div",
    { class: `row row-${message.sender} ${first ? "row-first" : ""}`, dataset: marks },
    fromAccount && el("span", { class: "bot-avatar", "aria-hidden": "true" }, first ? [...view.bot_name][0] : ""),
    el(
      "div",
      { class: "said" },
      el("span", { class: fromAccount && first ? "who" : "hidden" }, who),
      content(message.content, perform),
    ),
    el(
      "span",
      { class: "when" },
      VIA[message.via] && el("span", { class: "via" }, t(VIA[message.via])),
      clockTime(message.at_ms),
    ),
  );
}

function content(message, perform) {
  switch (message.type) {
    case "text":
    case "textV2":
      return el("div", { class: "bubble" }, message.text);
    case "flex":
      return flexMessage(message, perform);
    case "template":
      return templateMessage(message, perform);
    case "sticker":
      return el("div", { class: "sticker" }, el("span", { "aria-hidden": "true" }, "ツ"), el("small", {}, `${t("sticker")} ${message.packageId}/${message.stickerId}`));
    case "location":
      return el("div", { class: "bubble place" }, el("b", {}, `${message.title ?? t("location")}`),
        message.address && el("span", {}, message.address), el("small", {}, `${message.latitude}, ${message.longitude}`));
    case "image":
      return picture(message.previewImageUrl);
    default:
      return el("div", { class: "bubble" }, message.altText ?? t("unsupported"));
  }
}

// LINE shows the quick replies of the last message only.
function showQuickReplies(open, perform) {
  const last = open?.chat.at(-1);
  const items = last?.sender === "account" ? last.content.quickReply?.items ?? [] : [];
  quick.hidden = items.length === 0;
  reconcile(quick, items.map((item, place) => ({ action: item.action, place })), {
    key: ({ place }) => `${last?.seq}-${place}`,
    signature: ({ action }) => JSON.stringify(action),
    build: ({ action }) =>
      el("button", { type: "button", dataset: { testid: "quick-reply" }, onclick: () => perform(action) }, action.label),
  });
}
