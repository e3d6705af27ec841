// The two logs: webhooks on their way to the server, and the server's calls to LINE.

import { el, reconcile } from "./dom.js";
import { locale, t } from "./strings.js";
import { logTime } from "./times.js";

const EVENTS = {
  beacon: "eventBeacon", follow: "eventFollow", unfollow: "eventUnfollow", message: "eventMessage", postback: "eventPostback",
};

export function showLogs(view) {
  const names = new Map(view.phones.map((phone) => [phone.id, phone.name]));
  show("deliveries", view.deliveries, (entry) => delivery(entry, names));
  show("api-calls", view.api_calls, call);
}

function show(id, entries, build) {
  document.getElementById(`no-${id}`).hidden = entries.length > 0;
  reconcile(document.getElementById(id), [...entries].reverse(), {
    key: (entry) => entry.seq,
    signature: () => locale(),
    build,
  });
}

function delivery(entry, names) {
  const kinds = [...new Set(entry.kinds)].map((kind) => t(EVENTS[kind] ?? kind)).join("、") || t(entry.note || "verification");
  const people = [...new Set(entry.users)].map((user) => names.get(user) ?? user).join("、");
  const good = entry.status !== null && !entry.reason;
  const verdict = entry.reason ? t(entry.reason) : entry.note && entry.status === null ? t(entry.note) : String(entry.status);
  const status = entry.reason === "error_status_code" ? `${entry.status} ${verdict}` : verdict;
  return line(
    { testid: "delivery", status: String(entry.status ?? ""), reason: entry.reason ?? "", redelivery: String(entry.redelivery) },
    entry, good, [kinds, people], [entry.note && entry.status !== null && t(entry.note)], status, entry.body,
  );
}

const call = (entry) =>
  line({ testid: "api-call", status: String(entry.status), path: entry.path }, entry, entry.status < 300,
    [`${entry.method} ${entry.path.replace(/^\/v2\/bot/, "…")}`, ""], [], String(entry.status), entry.answer);

function line(marks, entry, good, [what, who], notes, status, body) {
  const elapsed = entry.elapsed_ms === undefined || entry.elapsed_ms === null ? null : el("span", { class: "ms" }, `${entry.elapsed_ms} ms`);
  return el("li", { dataset: marks },
    el("details", {},
      el("summary", {},
        el("time", {}, logTime(entry.at_ms)),
        el("span", { class: "what" }, el("b", {}, what), " ", who),
        notes.filter(Boolean).map((note) => el("span", { class: "badge badge-note" }, note)),
        elapsed,
        el("span", { class: `status ${good ? "status-good" : "status-bad"}` }, status)),
      el("pre", {}, pretty(body) || "–")));
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
