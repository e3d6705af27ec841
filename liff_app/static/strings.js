// Everything the page says, zh-TW and English; what the server says comes in both languages from there.

const WORDS = {
  "zh-Hant-TW": {
    title: "簽到", other: "English", otherName: "Switch to English",
    in: "簽到", out: "簽退", auto: "打卡", doneIn: "簽到完成", doneOut: "簽退完成",
    duty: "本班勤務", noDuty: "現在沒有勤務", nextDuty: "下一班", window: "{a}–{b} 可打卡", complete: "本班簽到、簽退都已記錄。",
    there: "已感應到「{zone}」，{ago}", awaited: "正在等手機感應簽到區…", old: "{ago}感應到「{zone}」，已過期", none: "手機還沒有感應到簽到區",
    weak: "已感應到「{zone}」，但證明力不足",
    tapAnyway: "可以先按；60 秒內感應到會自動記錄。",
    sending: "傳送中…", waiting: "等待感應…還有 {s} 秒", waitingPlain: "已收到，處理中…", waitingHelp: "請留在簽到區，保持 LINE 開著。感應到就自動完成，不必再按。",
    unsent: "沒有送出去", unsentHelp: "網路不通。您的{what}還沒有確認，不會重複記錄。", retry: "再試一次", close: "關閉",
    refused: "未記錄{what}", evidence: "證據", assurance: "證明力", recorded: "已記錄", nothing: "這一班還沒有紀錄。",
    offline: "網路不通，畫面可能不是最新的。", loading: "載入中…",
    help: "手機感應不到？", helpSteps: [
      "LINE 保持開著，停在畫面最前面。", "打開藍牙。", "打開定位；LINE 的位置權限要允許，並開啟精確位置。",
      "LINE 設定 > 隱私設定 > 提供使用資料 > 開啟 LINE Beacon。", "靠近簽到區的信標，等 60 秒。",
    ],
    helpMore: "還是不行：請同仁在同一處試。別人可以，是手機設定；別人也不行，請通知單位承辦人。",
    enrolTitle: "第一次使用：綁定", enrolLead: "輸入員警編號，以及人事單位給您的一次碼。", staffNo: "員警編號", code: "一次碼",
    codeHint: "8 個字，例如 ABCD-2345", bind: "綁定", binding: "綁定中…", enrolNone: "還沒有一次碼？請向人事單位索取。",
    stopped: "暫時無法使用", reload: "重新載入", fromLine: "請從 LINE 官方帳號重新開啟這個頁面。",
    pages: "頁面", today: "今天", history: "出勤紀錄", earlier: "上個月", later: "下個月", notLoaded: "沒有載入，請再試一次。", chooseDay: "點一天看明細。", noted: "有註記",
    weekdays: ["一", "二", "三", "四", "五", "六", "日"], worked: "工時", duplicate: "（重複，不計）", ignored: "（不計）", totals: "本月合計", minutesLong: "{n} 分鐘",
    sum_present: "出勤", sum_lateTimes: "遲到", sum_missing: "缺簽到或簽退", sum_absent: "未簽到", sum_unproven: "無法證明", sum_leave: "請假", sum_worked: "工時", sum_overtime: "加班候選", sum_night: "深夜（0–6 時）",
    now: "剛剛", seconds: "{n} 秒前", minutes: "{n} 分鐘前", hours: "{n} 小時前", unit: "單位",
  },
  en: {
    title: "Sign in", other: "中文", otherName: "切換為中文",
    in: "Sign in", out: "Sign out", auto: "Punch", doneIn: "Signed in", doneOut: "Signed out",
    duty: "This duty", noDuty: "No duty now", nextDuty: "Next duty", window: "open {a}–{b}", complete: "Both punches of this duty are recorded.",
    there: "“{zone}” sensed, {ago}", awaited: "Waiting for your phone to sense the zone…", old: "“{zone}” sensed {ago}: too old", none: "Your phone has sensed no zone yet",
    weak: "“{zone}” sensed, but the proof is too weak",
    tapAnyway: "You may tap now; it is recorded if the zone is sensed within 60 s.",
    sending: "Sending…", waiting: "Waiting for the beacon… {s} s left", waitingPlain: "Received, being recorded…", waitingHelp: "Stay in the zone with LINE open. It completes by itself.",
    unsent: "Not sent", unsentHelp: "No network. “{what}” is not confirmed yet, and will not be recorded twice.", retry: "Try again", close: "Close",
    refused: "{what}: not recorded", evidence: "Evidence", assurance: "Assurance", recorded: "Recorded", nothing: "Nothing recorded for this duty yet.",
    offline: "No network: this may be out of date.", loading: "Loading…",
    help: "Your phone senses nothing?", helpSteps: [
      "Keep LINE open and in front.", "Switch Bluetooth on.", "Switch location on; allow LINE to use it, with precise location.",
      "LINE Settings > Privacy > Provide usage data > switch LINE Beacon on.", "Move closer to the beacon and wait 60 s.",
    ],
    helpMore: "Still nothing: ask a colleague to try at the same spot. If theirs works, it is a setting of your phone; if not, tell your unit.",
    enrolTitle: "First use: enrol", enrolLead: "Enter your staff number and the one-time code from HR.", staffNo: "Staff number", code: "One-time code",
    codeHint: "8 characters, such as ABCD-2345", bind: "Enrol", binding: "Enrolling…", enrolNone: "No code yet? Ask HR for one.",
    stopped: "Not available", reload: "Load again", fromLine: "Please open this page again from the official account in LINE.",
    pages: "Pages", today: "Today", history: "Attendance", earlier: "Month before", later: "Month after", notLoaded: "Not loaded: try again.", chooseDay: "Tap a day for its details.", noted: "see details",
    weekdays: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"], worked: "worked", duplicate: "(duplicate, not counted)", ignored: "(not counted)", totals: "This month", minutesLong: "{n} min",
    sum_present: "Present", sum_lateTimes: "Late", sum_missing: "IN or OUT missing", sum_absent: "No punch", sum_unproven: "Unproven", sum_leave: "On leave", sum_worked: "Worked", sum_overtime: "Overtime candidates", sum_night: "Night (0–6 h)",
    now: "just now", seconds: "{n} s ago", minutes: "{n} min ago", hours: "{n} h ago", unit: "Unit",
  },
};

export const LANGUAGES = Object.keys(WORDS);
export const chooseLanguage = (wanted) => (wanted && !/^zh/i.test(wanted) ? "en" : "zh-Hant-TW");
export const otherLanguage = (language) => LANGUAGES.find((each) => each !== language);
export const fromServer = (language, words) => (words ? words[language === "en" ? "en" : "zh"] : "");

export function say(language, key, values = {}) {
  const text = WORDS[language][key];
  if (Array.isArray(text)) return text;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function ago(language, ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 5) return say(language, "now");
  if (seconds < 90) return say(language, "seconds", { n: seconds });
  if (seconds < 5400) return say(language, "minutes", { n: Math.round(seconds / 60) });
  return say(language, "hours", { n: Math.round(seconds / 3600) });
}

// Times are those of the department, wherever the phone believes itself to be.
const format = (language, timeZone, options) => new Intl.DateTimeFormat(language, { timeZone, hourCycle: "h23", ...options });
export const clock = (language, zone, iso, seconds = false) =>
  format(language, zone, { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) }).format(new Date(iso));
export const day = (language, zone, iso) =>
  format(language, zone, { month: "numeric", day: "numeric", weekday: "short" }).format(new Date(iso));
