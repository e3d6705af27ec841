// The phone doctor: waits for a real beacon event, and where none comes, one step after the other for this system.

import { clock, fromServer } from "./strings.js";
import { serverMs } from "./state.js";
import { el } from "./view.js";

const LISTEN_MS = 60000;
const LOOK_EVERY_MS = 3000;
// Source: LINE, "Using beacons": older versions in Taiwan hear none since March 2020.
const OLDEST_LINE = "9.14.0";

const STEPS = {
  ios: ["line_version", "bluetooth", "location", "beacon_consent", "reopen_line"],
  android: ["line_version", "bluetooth", "line_in_front", "location", "nearby_devices", "beacon_consent", "reopen_line"],
  web: ["line_in_front", "bluetooth", "location", "beacon_consent", "reopen_line"],
};

export const BEGIN = {
  phase: "ready", // ready | listening | step | heard | gave_up
  system: "web",
  lineVersion: "",
  steps: [],
  place: 0, // which step is shown
  checkup: null, // { id, heard_at, zone, step }
  untilMs: 0, // when listening ends, by the server's clock
  problem: null,
};

export function isOlder(version, than) {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const place = b.findIndex((number, index) => (a[index] ?? 0) !== number);
  return place >= 0 && (a[place] ?? 0) < b[place];
}

// The steps for this phone in order: what is known to be right is left out, what helped the last time comes first.
export function stepsFor({ system, lineVersion, isFriend, helped }) {
  const all = [...(isFriend === false ? ["friend"] : []), ...STEPS[system]];
  const open = all.filter((step) => step !== "line_version" || !lineVersion || isOlder(lineVersion, OLDEST_LINE));
  return open.includes(helped) ? [helped, ...open.filter((step) => step !== helped)] : open;
}

async function friendship(liff) {
  // Without the scope `profile`, or outside LINE, nobody can tell.
  try { return (await liff.getFriendship()).friendFlag; } catch { return null; }
}

export const actions = ({ liff, server, state, here, change, look, go }) => {
  let loop = 0;

  // Asks while the screen is open; whoever comes back to it goes on.
  async function listen() {
    const mine = (loop += 1);
    change({ phase: "listening", untilMs: serverMs(state(), Date.now()) + LISTEN_MS, problem: null });
    while (mine === loop && state().screen === "doctor" && ["listening", "step"].includes(here().phase)) {
      try {
        // Whoever reads a step often does it before any button: what is shown when the beacon is heard has helped.
        const checkup = await server.checkup(here().checkup.id, here().place < 0 ? {} : { step: here().steps[here().place] });
        if (mine !== loop) return;
        if (checkup.heard_at) {
          change({ phase: "heard", checkup });
          look();
          return;
        }
      } catch { /* no network: the next look may have some */ }
      if (here().phase === "listening" && serverMs(state(), Date.now()) >= here().untilMs) next();
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  function next() {
    const place = here().place + 1;
    if (place < here().steps.length) change({ phase: "step", place });
    else giveUp();
  }

  async function giveUp() {
    change({ phase: "gave_up" });
    await server.checkup(here().checkup.id, { gives_up: true }).catch(() => null);
  }

  return {
    open() { if (["listening", "step"].includes(here().phase)) listen(); else change(BEGIN); },
    async begin() {
      const system = STEPS[liff.getOS()] ? liff.getOS() : "web";
      const lineVersion = liff.getLineVersion() ?? "";
      try {
        const checkup = await server.beginCheckup(system, lineVersion);
        const steps = stepsFor({ system, lineVersion, isFriend: await friendship(liff), helped: checkup.helped });
        change({ ...BEGIN, system, lineVersion, checkup, steps, place: -1 });
        listen();
      } catch (problem) {
        change({ problem });
      }
    },
    done: () => listen(),
    next,
    giveUp,
    leave: (screen) => go(screen),
  };
};

export function screen(state, act, t, atMs) {
  const doctor = state.parts.doctor;
  const parts = { ready, listening, step, heard, gave_up: gaveUp }[doctor.phase];
  return [el("header", {}, el("h1", {}, t("doctor"))), ...parts(state, doctor, act, t, atMs)];
}

function ready(state, { problem }, { doctor }, t) {
  return [el("section", { class: "card" },
    el("p", {}, t("doctorLead")),
    problem && el("p", { class: "bad", role: "alert" }, fromServer(state.language, problem)),
    el("button", { type: "button", id: "begin", class: "big", testid: "doctor-begin", onclick: doctor.begin }, t("doctorBegin")))];
}

function listening(state, { untilMs, place }, { doctor }, t, atMs) {
  const left = Math.max(0, Math.ceil((untilMs - serverMs(state, atMs)) / 1000));
  return [el("section", { class: "card punch", testid: "listening" },
    el("p", { class: "strong", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), t("doctorListening")),
    el("p", { class: "small", "aria-hidden": "true" }, t("doctorLeft", { s: left })),
    el("p", {}, t("doctorStay")),
    el("div", { class: "second" }, el("button", { type: "button", id: "not-heard", class: "plain", testid: "doctor-next", onclick: doctor.next }, t(place < 0 ? "doctorSteps" : "doctorNext"))))];
}

function step(state, { steps, place, system, checkup }, { doctor }, t) {
  const name = steps[place];
  const how = t(`step_${name}_${system}`) ?? t(`step_${name}`);
  return [el("section", { class: "card", testid: "step", "data-step": name },
    el("p", { class: "small" }, t("doctorStep", { n: place + 1, of: steps.length }), name === checkup.helped && `　${t("doctorHelped")}`),
    el("h2", { class: "strong", "data-focus": true }, t(`step_${name}_title`)),
    el("p", {}, how),
    el("button", { type: "button", id: `done-${name}`, class: "big", testid: "doctor-done", onclick: doctor.done }, t("doctorDone")),
    el("div", { class: "second" },
      el("button", { type: "button", id: `next-${name}`, class: "plain", testid: "doctor-next", onclick: doctor.next }, t("doctorWasSo")),
      el("button", { type: "button", id: "give-up", class: "plain", onclick: doctor.giveUp }, t("doctorStop")))),
  el("p", { class: "small center-line", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), t("doctorStill"))];
}

function heard(state, { checkup }, { doctor }, t) {
  const at = clock(state.language, state.me.timezone, checkup.heard_at, true);
  return [el("section", { class: "card punch good-card", role: "alert", testid: "doctor-heard" },
    el("p", { class: "done" }, `✓ ${t("doctorHeard")}`),
    el("p", {}, `${at} ${checkup.zone ?? ""}`),
    checkup.step && el("p", {}, t("doctorHelpedNow", { step: t(`step_${checkup.step}_title`) })),
    el("button", { type: "button", id: "to-today", class: "big", testid: "doctor-today", onclick: () => doctor.leave("today") }, t("doctorToday")))];
}

function gaveUp(state, _doctor, { doctor }, t) {
  const { fallbacks } = state.me;
  const way = (screen, key) => el("li", {}, el("button", { type: "button", id: `to-${screen}`, class: "plain wide", testid: `doctor-${screen}`, onclick: () => doctor.leave(screen) }, t(key)));
  return [el("section", { class: "card", testid: "doctor-gave-up" },
    el("p", { class: "strong" }, t("doctorAll")),
    el("p", {}, t("helpMore")),
    el("ul", {},
      (fallbacks.site_code || fallbacks.location) && way("place", "placeOther"),
      way("corrections", "correctionNew")),
    el("div", { class: "second" }, el("button", { type: "button", id: "again", class: "plain", testid: "doctor-begin", onclick: doctor.begin }, t("doctorAgain"))))];
}
