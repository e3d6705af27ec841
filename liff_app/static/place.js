// Where no beacon is heard: the code on the zone's screen, scanned or typed, or the phone's position by the officer's act.

import { fromServer } from "./strings.js";
import { el } from "./view.js";

const LOCATE_MS = 20000;

export const BEGIN = { busy: null, problem: null }; // busy: null | code | scan | location

// What a code is in whatever was scanned: the screen's QR code is the address of this page with the code in it.
export function codeIn(text) {
  const [, inAddress] = /[?&]place=([0-9 ]{1,32})/.exec(text) ?? [];
  const digits = (inAddress ?? text).replace(/[\s-]/g, "");
  return /^[0-9\uFF10-\uFF19]{1,32}$/.test(digits) ? digits : null;
}

const locate = () =>
  new Promise((done, fail) => {
    navigator.geolocation.getCurrentPosition(done, fail, { enableHighAccuracy: true, timeout: LOCATE_MS, maximumAge: 0 });
  });

export const actions = ({ liff, server, state, change, look, go }) => {
  async function show(place, busy) {
    change({ busy, problem: null });
    try {
      // A number from this very moment: the page may have been open for long.
      await look();
      await server.place({ request_id: state().me.request_id, ...place });
      await look();
      change(BEGIN);
      go("today");
    } catch (problem) {
      change({ busy: null, problem });
    }
  }
  const unread = { zh: "這不是簽到區螢幕上的碼。", en: "This is no code of a check-in zone." };
  return {
    open({ code }) {
      change(BEGIN);
      if (code) show({ site_code: code }, "code");
    },
    code(text) {
      const code = codeIn(text);
      if (code) show({ site_code: code }, "code");
      else change({ problem: unread });
    },
    // Outside LINE the SDK would run its scanner in a frame of its own, which the page's policy forbids.
    canScan: () => liff.isInClient() && liff.isApiAvailable("scanCodeV2"),
    async scan() {
      change({ busy: "scan", problem: null });
      // Closed by the officer: nothing is wrong.
      const scanned = await liff.scanCodeV2().catch(() => null);
      change({ busy: null });
      if (scanned?.value) this.code(scanned.value);
    },
    async location() {
      change({ busy: "location", problem: null });
      try {
        const { coords } = await locate();
        await show({ position: { latitude: coords.latitude, longitude: coords.longitude, accuracy_m: coords.accuracy } }, "location");
      } catch (error) {
        const denied = { zh: "手機不讓 LINE 讀取位置。請在系統設定允許 LINE 使用位置後再試。", en: "The phone does not let LINE read its position: allow it in the system's settings and try again." };
        const failed = { zh: "手機現在定不到位，請到窗邊或戶外再試。", en: "The phone cannot find its position now: go near a window and try again." };
        change({ busy: null, problem: error?.code === 1 ? denied : failed });
      }
    },
  };
};

export function screen(state, { place }, t) {
  const { busy, problem } = state.parts.place;
  const { fallbacks } = state.me;
  const submit = (event) => {
    event.preventDefault();
    place.code(new FormData(event.target).get("site_code"));
  };
  const label = (kind, key) => (busy === kind ? t(kind === "scan" ? "scanning" : "sending") : t(key));
  return [
    el("header", {}, el("h1", {}, t("placeTitle"))),
    el("p", { class: "small" }, t("placeLead")),
    problem && el("p", { class: "bad", role: "alert", testid: "place-problem" }, fromServer(state.language, problem)),
    fallbacks.site_code && el("form", { class: "card", onsubmit: submit, testid: "site-code" },
      el("h2", {}, t("siteCode")), el("p", {}, t("siteCodeLead")),
      place.canScan() && el("button", { type: "button", id: "scan", class: "big", testid: "scan", disabled: busy !== null, onclick: () => place.scan() }, label("scan", "scan")),
      el("label", { for: "site_code" }, t("siteCodeType")),
      el("input", { id: "site_code", name: "site_code", required: true, inputmode: "numeric", maxlength: 24, autocomplete: "off" }),
      el("div", { class: "second" }, el("button", { id: "send-code", class: "plain go", testid: "send-code", disabled: busy !== null }, label("code", "siteCodeSend")))),
    fallbacks.location && el("section", { class: "card", testid: "location" },
      el("h2", {}, t("locationTitle")), el("p", {}, t("locationConsent")),
      el("div", { class: "second" }, el("button", { type: "button", id: "locate", class: "plain go", testid: "locate", disabled: busy !== null, onclick: () => place.location() }, label("location", "locationSend")))),
  ];
}
