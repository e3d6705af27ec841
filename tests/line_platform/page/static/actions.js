// What a tap does on this phone: most is done by the platform, some needs the person first.

import { act } from "./api.js";
import { el } from "./dom.js";
import { openLiff } from "./liff.js";
import { t } from "./strings.js";

const dialog = document.getElementById("dialog");
const PICKERS = { date: "date", time: "time", datetime: "datetime-local" };

export async function performAction(phone, action, toast) {
  const params = action.type === "datetimepicker" ? await pick(action) : null;
  if (action.type === "datetimepicker" && !params) return;
  const done = await act(phone, "perform", params ? { action, params } : { action });
  if (done.liff) openLiff(done.liff);
  if (done.open) await showAddress(done.open);
  if (done.copy) await copy(done.copy, toast);
  if (done.app) toast(t("noApp"));
}

async function pick(action) {
  const input = el("input", {
    type: PICKERS[action.mode], required: true, min: action.min, max: action.max, value: action.initial?.replace("t", "T"),
    "aria-label": action.label ?? t("pick"), dataset: { testid: "picker" },
  });
  const answer = await ask(action.label ?? t("pick"), [input], true);
  return answer === "ok" && input.value ? { [action.mode]: input.value } : null;
}

async function showAddress(uri) {
  const here = /^https?:\/\/(127\.0\.0\.1|localhost)(:|\/|$)/.test(uri);
  const link = here && el("a", { href: uri, target: "_blank", rel: "noopener noreferrer" }, t("openHere"));
  await ask(t("opensInLine"), [el("p", {}, el("code", {}, uri)), link], false);
}

async function copy(text, toast) {
  await navigator.clipboard?.writeText(text);
  toast(`${t("copied")}：${text}`);
}

function ask(title, parts, answerable) {
  document.getElementById("dialog-title").textContent = title;
  document.getElementById("dialog-body").replaceChildren(...parts.filter(Boolean));
  document.getElementById("dialog-ok").hidden = !answerable;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
