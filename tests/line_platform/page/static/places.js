// The zones to walk between, what came of walking, and the faults of the platform.

import { act, setFaults } from "./api.js";
import { avatar, el, reconcile } from "./dom.js";
import { showSettings } from "./settings.js";
import { locale, t, tFor } from "./strings.js";

const zones = document.getElementById("zones");
const result = document.getElementById("walk-result");
const SHOWN_PEOPLE = 4;

export function showPlaces(state, attempt) {
  const { view } = state;
  const phone = view.phones.find((each) => each.id === state.phone);
  reconcile(zones, view.zones, {
    key: (zone) => zone.code,
    signature: (zone) => JSON.stringify([locale(), zone.name, zone.beacons.length, phone?.id, present(zone, view)]),
    build: (zone) => card(zone, phone, present(zone, view), attempt),
  });
  result.textContent = phone ? sayWalk(phone, view.zones) : "";
  result.dataset.silence = phone?.last_walk?.silence ?? "";
  showSettings(phone, attempt);
  showFaults(view.faults, attempt);
}

const present = (zone, view) =>
  view.phones.filter((phone) => phone.zone === zone.code).map((phone) => [phone.id, phone.name]);

function card(zone, phone, people, attempt) {
  const here = phone?.zone === zone.code;
  const walk = () => attempt(() => act(phone.id, "walk", { zone: here ? null : zone.code }));
  const again = () => attempt(() => act(phone.id, "linger", { kind: "enter" }));
  const shown = people.slice(0, SHOWN_PEOPLE).map(([id, name]) => {
    const face = avatar(name, id);
    face.title = name;
    return face;
  });
  return el(
    "li",
    { class: `zone ${here ? "zone-here" : ""}`, dataset: { testid: "zone", zone: zone.code } },
    el("div", { class: "zone-name" }, el("b", {}, zone.name),
      here && el("span", { class: "badge badge-zone", dataset: { testid: "zone-here" } }, t("here"))),
    el("small", {}, `${zone.code}．${t("beacons", { n: zone.beacons.length })}．${t("people", { n: people.length })}`),
    el("div", { class: "zone-foot" },
      el("span", { class: "faces" }, shown, people.length > SHOWN_PEOPLE && el("small", {}, `+${people.length - SHOWN_PEOPLE}`)),
      here && el("button", { type: "button", class: "ghost", dataset: { testid: "zone-again", zone: zone.code }, onclick: again }, t("again")),
      el("button", {
        type: "button", class: here ? "secondary" : "primary", disabled: !phone,
        dataset: { testid: here ? "zone-leave" : "zone-walk", zone: zone.code },
        "aria-label": `${t(here ? "walkOut" : "walkIn")} ${zone.name}`, onclick: walk,
      }, t(here ? "walkOut" : "walkIn"))),
  );
}

function sayWalk(phone, all) {
  const walk = phone.last_walk;
  if (!walk) return t("nowhere", { name: phone.name });
  if (walk.silence) return tFor(walk.silence, phone.system);
  const zone = all.find((each) => each.code === walk.zone)?.name ?? walk.zone ?? "";
  return t("sent", { name: phone.name, zone, n: walk.event_ids.length });
}

const FAULTS = ["redelivery", "duplicate", "reorder", "drop", "standby"];
const SIGNATURES = ["valid", "missing", "wrong"];

function showFaults(faults, attempt) {
  const items = [...FAULTS, "delay_s", "signature"].map((name) => ({ name, value: faults[name] }));
  reconcile(document.getElementById("fault-switches"), items, {
    key: ({ name }) => name,
    signature: ({ value }) => JSON.stringify([locale(), value]),
    build: ({ name, value }) => {
      const change = (changed) => attempt(() => setFaults({ [name]: changed }));
      return el("label", {}, control(name, value, change), el("span", {}, el("b", {}, t(`fault_${name}`))));
    },
  });
}

function control(name, value, change) {
  if (name === "signature") {
    const options = SIGNATURES.map((kind) => el("option", { value: kind, selected: kind === value }, t(`signature_${kind}`)));
    const select = el("select", { dataset: { testid: "fault-signature" } }, options);
    select.addEventListener("change", () => change(select.value));
    return select;
  }
  const number = name === "delay_s";
  const input = el("input", {
    type: number ? "number" : "checkbox", role: number ? null : "switch", min: number ? "0" : null, max: number ? "60" : null,
    step: number ? "0.5" : null, value: number ? String(value) : null, checked: !number && value, dataset: { testid: `fault-${name}` },
  });
  input.addEventListener("change", () => change(number ? Number(input.value) : input.checked));
  return input;
}
