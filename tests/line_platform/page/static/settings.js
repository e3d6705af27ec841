// The settings of the open phone: what its system and LINE are told, and whether it hears beacons like that.

import { act } from "./api.js";
import { el, reconcile } from "./dom.js";
import { locale, t, tFor } from "./strings.js";

const CHOICES = { system: ["android", "iphone"], location_permission: ["always", "in_use", "off"] };
const WORDS = { system: "system", location_permission: "permission" };
const reception = document.getElementById("reception");

export function showSettings(phone, attempt) {
  document.getElementById("switches").disabled = !phone;
  const change = (name, value) => attempt(() => act(phone.id, "switch", { [name]: value }));
  for (const box of document.querySelectorAll("[data-switch]")) {
    const name = box.dataset.switch;
    const inverted = "inverted" in box.dataset;
    box.checked = Boolean(phone?.[name]) !== inverted;
    box.onchange = () => change(name, box.checked !== inverted);
  }
  for (const select of document.querySelectorAll("[data-setting]")) {
    const name = select.dataset.setting;
    reconcile(select, CHOICES[name], {
      key: (choice) => choice,
      signature: () => locale(),
      build: (choice) => el("option", { value: choice }, t(`${WORDS[name]}_${choice}`)),
    });
    select.value = phone?.[name] ?? CHOICES[name][0];
    select.onchange = () => change(name, select.value);
  }
  const system = phone?.system ?? "android";
  for (const node of document.querySelectorAll("[data-only]")) node.hidden = node.dataset.only !== system;
  for (const node of document.querySelectorAll("[data-system-text]")) node.textContent = tFor(node.dataset.systemText, system);
  showReception(phone);
}

export const sayReception = (phone) => t(phone.silence ? "hearsNot" : "hears");

function showReception(phone) {
  reception.hidden = !phone;
  if (!phone) return;
  reception.dataset.silence = phone.silence ?? "";
  const why = phone.silence && tFor(phone.silence, phone.system).replace(/^[^：:]*[：:]\s*/, "");
  reception.replaceChildren(el("b", {}, sayReception(phone)), why ? `${t("colon")}${why}` : "");
}
