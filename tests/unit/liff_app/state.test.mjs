// The page's pure modules under node's own test runner: node --test tests/unit/liff_app

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, Problem } from "../../../liff_app/static/api.js";
import { local, suggestion, zoned } from "../../../liff_app/static/corrections.js";
import { isOlder, stepsFor } from "../../../liff_app/static/doctor.js";
import { actions as historyActions, addMonths, weeks } from "../../../liff_app/static/history.js";
import { codeIn } from "../../../liff_app/static/place.js";
import { initial, next, proof, rhythm, serverMs, thisMonth } from "../../../liff_app/static/state.js";
import { ago, chooseLanguage, clock, keys, LANGUAGES, otherLanguage, say } from "../../../liff_app/static/strings.js";

const NOW = Date.parse("2026-11-23T00:00:00Z");
const ME = { notice_accepted: true, now: "2026-11-23T00:00:00Z", timezone: "Asia/Taipei", sensed: null, liff_waits_s: 8, request_id: "1" };
const home = (me = {}, atMs = NOW) => next(initial("en"), { type: "me", me: { ...ME, ...me }, atMs });
const sensed = (more = {}) => ({ zone: "Gate", at: "2026-11-22T23:59:50Z", good_until: "2026-11-23T00:04:50Z", proves_now: true, ...more });

test("a phone whose clock is years off still counts the server's seconds", () => {
  const phone = Date.parse("2019-01-01T00:00:00Z");
  const state = home({ sensed: sensed() }, phone);
  assert.equal(serverMs(state, phone + 1000), NOW + 1000);
  assert.equal(proof(state, phone), "there");
  assert.equal(proof(state, phone + 291_000), "old");
});

test("the beacon is awaited for some seconds after opening, then help is offered", () => {
  const state = home();
  assert.equal(proof(state, NOW + 7999), "awaited");
  assert.equal(proof(state, NOW + 8000), "none");
  assert.equal(proof(home({ sensed: sensed({ proves_now: false }) }), NOW + 9000), "old");
});

test("what comes later does not begin the wait anew", () => {
  const later = next(home(), { type: "me", me: { ...ME, now: "2026-11-23T00:00:10Z" }, atMs: NOW + 10_000 });
  assert.equal(proof(later, NOW + 10_000), "none");
});

test("a second finger on the button is not a second tap", () => {
  const first = next(home(), { type: "tap", requestId: "1", direction: "in" });
  assert.equal(next(first, { type: "tap", requestId: "2", direction: "out" }), first);
  const waiting = next(first, { type: "told", told: { request_id: "1", state: "waiting" } });
  assert.equal(next(waiting, { type: "tap", requestId: "2", direction: "out" }), waiting);
});

test("a number is for one tap, whatever becomes of it", () => {
  const first = next(home(), { type: "tap", requestId: "1", direction: "in" });
  assert.equal(first.me.request_id, null);
  assert.equal(next(home(), { type: "tap", requestId: "0", direction: "in" }).me.request_id, "1");
});

test("an answer to another tap changes nothing", () => {
  const state = next(home(), { type: "tap", requestId: "1", direction: "in" });
  assert.equal(next(state, { type: "told", told: { request_id: "2", state: "recorded" } }), state);
  assert.equal(next(state, { type: "unsent", requestId: "2" }), state);
});

test("a tap that was not sent is sent again under the same number", () => {
  let state = next(home(), { type: "tap", requestId: "1", direction: "in" });
  state = next(state, { type: "unsent", requestId: "1" });
  assert.equal(state.tap.phase, "unsent");
  state = next(state, { type: "tap", requestId: state.tap.requestId, direction: state.tap.direction });
  assert.deepEqual([state.tap.requestId, state.tap.phase], ["1", "sending"]);
});

test("without network what is known stays on the page", () => {
  const problem = new Problem(0, "offline", "甲 / b");
  assert.deepEqual([problem.zh, problem.en], ["甲", "b"]);
  assert.equal(next(home(), { type: "offline", problem }).view, "home");
  assert.equal(next(initial("en"), { type: "offline", problem }).view, "stopped");
});

test("the server is asked often only while something is awaited", () => {
  assert.equal(rhythm(initial("en"), NOW), null);
  assert.equal(rhythm(home(), NOW), 3000);
  assert.equal(rhythm(home({ sensed: sensed() }), NOW), 30_000);
  const waiting = next(next(home(), { type: "tap", requestId: "1", direction: "in" }), { type: "told", told: { request_id: "1", state: "waiting" } });
  assert.equal(rhythm(waiting, NOW), 2000);
});

test("each screen changes its own part of the state only", () => {
  const state = next(home(), { type: "part", name: "history", change: { phase: "there" } });
  const more = next(state, { type: "part", name: "unit", change: { day: "2026-11-23" } });
  assert.deepEqual(more.parts, { history: { phase: "there" }, unit: { day: "2026-11-23" } });
});

test("the notice stands before everything until it is accepted", () => {
  assert.equal(home({ notice_accepted: false }).view, "notice");
  assert.equal(rhythm(home({ notice_accepted: false }), NOW), null);
  assert.equal(home().view, "home");
});

test("the month is the department's, and its weeks begin on Monday", () => {
  const lastHour = { ...ME, now: "2026-11-30T17:00:00Z" };
  assert.equal(thisMonth(home(lastHour, NOW), NOW), "2026-12");
  assert.deepEqual(["2026-01", "2026-12"].map((month, place) => addMonths(month, place ? 1 : -1)), ["2025-12", "2027-01"]);
  const november = weeks("2026-11");
  assert.deepEqual([november.length, november[0][6], november[5][0], november[5][1]], [6, "2026-11-01", "2026-11-30", null]);
  assert.equal(weeks("2027-02").length, 4);
});

test("an event nobody knows changes nothing", () => {
  const state = home();
  assert.equal(next(state, { type: "?" }), state);
});

test("times are the department's, wherever the phone is", () => {
  assert.equal(clock("zh-Hant-TW", "Asia/Taipei", "2026-11-22T16:05:00Z"), "00:05");
  assert.equal(clock("en", "Asia/Taipei", "2026-11-23T00:01:02Z", true), "08:01:02");
});

test("both languages say the same things, with the same blanks", () => {
  const [zh, en] = LANGUAGES.map((language) => keys(language));
  assert.deepEqual(zh, en);
  const blanks = (language, key) => [...String(say(language, key, new Proxy({}, { get: (_, name) => `{${String(name)}}` }))).matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of zh) assert.deepEqual(blanks("en", key), blanks("zh-Hant-TW", key), key);
  assert.equal(chooseLanguage("zh-CN"), "zh-Hant-TW");
  assert.equal(chooseLanguage("ja"), "en");
  assert.equal(chooseLanguage(undefined), "zh-Hant-TW");
  assert.equal(otherLanguage("en"), "zh-Hant-TW");
});

test("an answer about another month is not shown under this one", async () => {
  const waiting = new Map();
  let part = { month: "2026-11" };
  const act = historyActions({
    server: { month: (month) => new Promise((done) => waiting.set(month, done)) },
    state: () => home(), here: () => part, change: (change) => { part = { ...part, ...change }; },
  });
  const [first, second] = [act.month(-1), act.month(-1)];
  waiting.get("2026-10")({ month: "2026-10" });
  await first;
  assert.deepEqual([part.month, part.phase], ["2026-09", "loading"]);
  waiting.get("2026-09")({ month: "2026-09" });
  await second;
  assert.deepEqual([part.phase, part.told.month], ["there", "2026-09"]);
});

test("a correction's time is the department's, wherever the phone is", () => {
  assert.equal(zoned("Asia/Taipei", "2026-11-23", "08:05"), "2026-11-23T00:05:00.000Z");
  assert.equal(zoned("Europe/Berlin", "2026-03-29", "03:30"), "2026-03-29T01:30:00.000Z");
  assert.deepEqual(local("Asia/Taipei", "2026-11-22T16:05:00Z"), { date: "2026-11-23", time: "00:05" });
});

test("the form of a correction begins with what is missing, never with the future", () => {
  const begun = (...of) => { const { direction, date, time } = suggestion(...of); return [direction, date, time]; };
  const duty = { start: "2026-11-22T23:00:00Z", end: "2026-11-22T23:50:00Z" };
  assert.deepEqual(begun({ ...ME, due: "in", duty }), ["in", "2026-11-23", "07:00"]);
  // The other direction is the other end of the duty.
  assert.deepEqual(begun({ ...ME, due: "in", duty }, { direction: "out" }), ["out", "2026-11-23", "07:50"]);
  assert.deepEqual(begun({ ...ME, due: "out", duty: { ...duty, end: "2026-11-23T08:00:00Z" } }), ["out", "2026-11-23", "08:00"]);
  assert.deepEqual(begun(ME, { day: "2026-11-20", direction: "out", at: "2026-11-20T09:00:00Z" }), ["out", "2026-11-20", "17:00"]);
  assert.equal(suggestion(ME, { day: "2026-11-20" }).date, "2026-11-20");
});

test("the doctor's steps are this system's, without what is right already, what helped before first", () => {
  const ios = stepsFor({ system: "ios", lineVersion: "15.12.0", isFriend: true, helped: null });
  assert.deepEqual(ios, ["bluetooth", "location", "beacon_consent", "reopen_line"]);
  assert.deepEqual(stepsFor({ system: "ios", lineVersion: "15.12.0", isFriend: null, helped: "beacon_consent" })[0], "beacon_consent");
  const android = stepsFor({ system: "android", lineVersion: "9.13.9", isFriend: false, helped: "friend" });
  assert.deepEqual(android.slice(0, 3), ["friend", "line_version", "bluetooth"]);
  assert.ok(android.includes("line_in_front") && android.includes("nearby_devices"));
  for (const step of [...ios, ...android]) for (const language of LANGUAGES) {
    assert.ok(say(language, `step_${step}_title`), step);
    assert.ok(say(language, `step_${step}`), step);
  }
});

test("versions are compared number by number", () => {
  assert.deepEqual(["9.13.9", "9.14", "9.14.0", "9.14.1", "10.0.0", ""].map((version) => isOlder(version, "9.14.0")), [true, false, false, false, false, true]);
});

test("a site code is found in what was scanned or typed, and in nothing else", () => {
  const url = "https://liff.line.me/1650000002-AbcdEfgh?place=12345678";
  assert.deepEqual([url, "1234 5678", " 1234-5678 ", "１２３４５６７８", "https://example.com/12", "", "x1"].map(codeIn),
    ["12345678", "12345678", "12345678", "１２３４５６７８", null, null, null]);
});

test("how long ago, in words", () => {
  assert.deepEqual([0, 12, 300, 7200].map((seconds) => ago("en", seconds * 1000)), ["just now", "12 s ago", "5 min ago", "2 h ago"]);
});

const answer = (status, content) => ({ ok: status < 400, status, json: async () => content });
const liff = { getIDToken: () => "the-token" };

test("the token goes along, and the number with the tap", async () => {
  const sent = [];
  const server = connect(liff, async (path, options) => { sent.push([path, options]); return answer(200, { state: "recorded" }); });
  await server.tap("7", "in");
  const [[path, options]] = sent;
  assert.equal(path, "/api/v1/me/punches");
  assert.equal(options.headers.Authorization, "Bearer the-token");
  assert.deepEqual(JSON.parse(options.body), { request_id: "7", direction: "in" });
});

test("an answer that is a problem, none, or not JSON is told as what it is", async () => {
  const failing = (reply) => connect(liff, reply).me().then(() => assert.fail("no problem"), (problem) => problem);
  const refused = await failing(async () => answer(403, { code: "not_enrolled", title: "尚未綁定 / not enrolled" }));
  assert.deepEqual([refused.status, refused.code, refused.en], [403, "not_enrolled", "not enrolled"]);
  assert.equal((await failing(async () => { throw new TypeError("cut"); })).code, "offline");
  const odd = await failing(async () => ({ ok: true, status: 200, json: async () => { throw new SyntaxError("<html>"); } }));
  assert.equal(odd.code, "unexpected");
});
