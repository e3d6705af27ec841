// Everything the page says, zh-TW and English; what the server says comes in both languages from there.

const WORDS = {
  "zh-Hant-TW": {
    title: "簽到", other: "English", otherName: "Switch to English",
    in: "簽到", out: "簽退", auto: "打卡", doneIn: "簽到完成", doneOut: "簽退完成",
    duty: "本班勤務", noDuty: "現在沒有勤務", nextDuty: "下一班：{duty}", window: "{a}–{b} 可打卡", complete: "本班簽到、簽退都已記錄。",
    there: "已感應到「{zone}」，{ago}", awaited: "正在等手機感應簽到區…", old: "{ago}感應到「{zone}」，已過期", none: "手機還沒有感應到簽到區",
    weak: "已感應到「{zone}」，但證明力不足",
    tapAnyway: "可以先按；60 秒內感應到會自動記錄。",
    sending: "傳送中…", waiting: "等待感應…還有 {s} 秒", waitingPlain: "已收到，處理中…", waitingHelp: "請留在簽到區，保持 LINE 開著。感應到就自動完成，不必再按。",
    unsent: "沒有送出去", unsentHelp: "網路不通。您的{what}還沒有確認，不會重複記錄。", retry: "再試一次", close: "關閉",
    refused: "未記錄{what}", evidence: "證據：{what}（證明力：{worth}）", recorded: "已記錄", nothing: "這一班還沒有紀錄。",
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
    corrections: "補打卡", unit: "單位", more: "更多", forgotThis: "這天忘了打卡？申請補打卡",
    correctionsTitle: "補打卡", correctionNew: "申請補打卡", correctionNone: "還沒有申請過。", correctionDone: "已送出，等主管審核。", correctionWhich: "忘了哪一次？", correctionSend: "送出申請",
    date: "日期", time: "時間", reason: "原因", reasons: ["手機沒電", "忘了打卡", "外勤直接返家"], photo: "照片或 PDF（可不附）", cancel: "取消", withdraw: "撤回", comment: "審核意見：{text}",
    unitTitle: "單位今天", dayBefore: "前一天", dayAfter: "後一天", approve: "核准", reject: "駁回", rejectWhy: "為什麼駁回？", notAPicture: "這份附件請到人事網頁看。", notYet: "尚未簽到", unitNobody: "這天沒有勤務。",
    unitsMany: "{first}等 {n} 個單位", overQuota: "（本月第 {n} 次，限額 {quota}）",
    shown: "已用其他方式證明您在「{zone}」，{ago}", placeOther: "改用現場碼或定位", placeTitle: "感應不到信標時", placeLead: "這些方式的證明力較低，會標記供主管複核。能感應到信標時，請用感應。", siteCode: "現場碼",
    siteCodeLead: "簽到區螢幕上的 8 位數字，每 30 秒換一次。", scan: "掃描 QR code", siteCodeType: "或輸入螢幕上的數字", siteCodeSend: "送出現場碼", locationTitle: "手機定位",
    locationConsent: "只在您按下的這一次讀取位置，用來確認您在地點附近；只留下距離與誤差，不留座標。不想提供，可以申請補打卡。", locationSend: "同意，這次使用定位", doctor: "手機檢查", doctorHint: "感應不到時，一步一步找出原因。",
    doctorLead: "請站在簽到區裡，打開藍牙，讓這個畫面開著。我們會等信標一分鐘；沒聽到，再帶您一步一步檢查這支手機。", doctorBegin: "開始檢查", doctorListening: "正在等信標…", doctorLeft: "還有 {s} 秒", doctorStay: "請留在簽到區，靠近信標，螢幕不要關。",
    doctorSteps: "不等了，直接看步驟", doctorNext: "還是沒有，下一步", doctorStep: "第 {n} 步，共 {of} 步", doctorHelped: "上次是這一步有用", doctorDone: "好了，再等 60 秒", doctorWasSo: "已經是這樣，下一步", doctorStop: "不檢查了",
    doctorStill: "同時還在等信標…", doctorHeard: "聽到了！", doctorHelpedNow: "「{step}」有用，下次會先提醒您這一步。", doctorToday: "回去簽到", doctorAll: "步驟都試過了，還是沒聽到。", doctorAgain: "再檢查一次",
    step_friend_title: "加官方帳號為好友", step_friend: "LINE 只把信標通知給好友。請把警察局的官方帳號加入好友，並確認沒有封鎖。", step_line_version_title: "更新 LINE", step_line_version: "這支手機的 LINE 太舊，收不到信標。請到商店更新 LINE。",
    step_bluetooth_title: "打開藍牙", step_bluetooth: "從螢幕上緣往下滑，打開藍牙。不用配對，開著就好。", step_bluetooth_ios: "到「設定 > 藍牙」打開（控制中心的按鈕只是暫停）。不用配對；再到「設定 > LINE」確認「藍牙」也是開的。",
    step_line_in_front_title: "LINE 停在最前面", step_line_in_front: "Android 手機只有 LINE 在畫面最前面、螢幕亮著時才聽得到。不要切到別的 App。", step_line_in_front_web: "這個頁面不在 LINE 裡。請從 LINE 的官方帳號打開。",
    step_location_title: "定位：允許，而且要精確", step_location: "打開系統的定位；再到「設定 > 應用程式 > LINE > 權限 > 位置」選「使用 App 時允許」，並打開「精確位置」。", step_location_ios: "到「設定 > 隱私權與安全性 > 定位服務 > LINE」選「永遠」，並打開「精確位置」。",
    step_nearby_devices_title: "允許「鄰近裝置」", step_nearby_devices: "到「設定 > 應用程式 > LINE > 權限 > 鄰近裝置」選「允許」。", step_beacon_consent_title: "開啟 LINE Beacon",
    step_beacon_consent: "LINE 主頁 > 設定 > 隱私設定 > 提供使用資料 > 打開「LINE Beacon」。這一項預設是關的。", step_reopen_line_title: "關掉 LINE 再打開",
    step_reopen_line: "手機只在走進範圍時通知一次。從最近使用的 App 把 LINE 滑掉，重新打開，再回到這一頁。", privacy: "我的資料", privacyHint: "存了什麼、存多久；下載自己的資料，提出請求。", noticeTitle: "使用前請看", noticeLead: "第一次使用（或內容有更改）時，請先看過這份說明。",
    noticeVersion: "版本 {version}", noticeAccepted: "您已於 {at} 接受", noticeAccept: "我看過了，同意", noticeElse: "不同意也沒關係：請改在聊天室簽到，或洽人事單位。", dataTitle: "我的資料複製本", dataLead: "系統裡與您有關的全部資料。",
    dataGet: "取得", dataShown: "全部 {n} 筆，點開來看", copy: "複製", copied: "已複製", save: "存成檔案", requestTitle: "提出請求", requestKind: "要什麼", request_see: "查詢或閱覽", request_correct: "補充或更正",
    request_stop: "停止蒐集、處理或利用", request_delete: "刪除", requestText: "說明", requestSent: "已送出，人事會回覆。", requestAnswer: "回覆：{text}", choose: "請選擇", scanning: "掃描中…", shownNow: "還沒打卡：請按下面的按鈕。證明力：{worth}", requestDue: "最晚 {at} 回覆", calendar: "把勤務放進手機行事曆",
    calendarLead: "用一個只有您知道的網址訂閱自己的勤務。知道網址的人都看得到，請不要給別人。", calendarOnce: "網址只顯示這一次：", calendarMade: "已在 {at} 產生。", calendarRead: "最近讀取：{day}。", calendarMake: "產生網址", calendarNew: "換一個新網址",
    calendarEnd: "停用", reminder: "忘記簽退的提醒", reminderWanted: "下班沒簽退時，用 LINE 提醒我", reminderLead: "每個勤務最多一次；當月推播額度用完就不會提醒。",
    now: "剛剛", seconds: "{n} 秒前", minutes: "{n} 分鐘前", hours: "{n} 小時前",
  },
  en: {
    title: "Sign in", other: "中文", otherName: "切換為中文",
    in: "Sign in", out: "Sign out", auto: "Punch", doneIn: "Signed in", doneOut: "Signed out",
    duty: "This duty", noDuty: "No duty now", nextDuty: "Next duty: {duty}", window: "open {a}–{b}", complete: "Both punches of this duty are recorded.",
    there: "“{zone}” sensed, {ago}", awaited: "Waiting for your phone to sense the zone…", old: "“{zone}” sensed {ago}: too old", none: "Your phone has sensed no zone yet",
    weak: "“{zone}” sensed, but the proof is too weak",
    tapAnyway: "You may tap now; it is recorded if the zone is sensed within 60 s.",
    sending: "Sending…", waiting: "Waiting for the beacon… {s} s left", waitingPlain: "Received, being recorded…", waitingHelp: "Stay in the zone with LINE open. It completes by itself.",
    unsent: "Not sent", unsentHelp: "No network. “{what}” is not confirmed yet, and will not be recorded twice.", retry: "Try again", close: "Close",
    refused: "{what}: not recorded", evidence: "Evidence: {what} (assurance: {worth})", recorded: "Recorded", nothing: "Nothing recorded for this duty yet.",
    offline: "No network: this may be out of date.", loading: "Loading…",
    help: "Your phone senses nothing?", helpSteps: [
      "Keep LINE open and in front.", "Switch Bluetooth on.", "Switch location on; allow LINE to use it, with precise location.",
      "LINE Settings > Privacy > Provide usage data > switch LINE Beacon on.", "Move closer to the beacon and wait 60 s.",
    ],
    helpMore: "Still nothing: ask a colleague to try at the same spot. If theirs works, it is a setting of your phone; if not, tell your unit.",
    enrolTitle: "First use: enrol", enrolLead: "Enter your staff number and the one-time code from HR.", staffNo: "Staff number", code: "One-time code",
    codeHint: "8 characters, such as ABCD-2345", bind: "Enrol", binding: "Enrolling…", enrolNone: "No code yet? Ask HR for one.",
    stopped: "Not available", reload: "Load again", fromLine: "Please open this page again from the official account in LINE.",
    pages: "Pages", today: "Today", history: "Record", earlier: "Month before", later: "Month after", notLoaded: "Not loaded: try again.", chooseDay: "Tap a day for its details.", noted: "see details",
    weekdays: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"], worked: "worked", duplicate: "(duplicate, not counted)", ignored: "(not counted)", totals: "This month", minutesLong: "{n} min",
    sum_present: "Present", sum_lateTimes: "Late", sum_missing: "IN or OUT missing", sum_absent: "No punch", sum_unproven: "Unproven", sum_leave: "On leave", sum_worked: "Worked", sum_overtime: "Overtime candidates", sum_night: "Night (0–6 h)",
    corrections: "Forgot", unit: "Unit", more: "More", forgotThis: "Forgot to punch that day? Ask for a correction",
    correctionsTitle: "Forgotten punch", correctionNew: "Ask for a correction", correctionNone: "Nothing asked for yet.", correctionDone: "Sent: your supervisor decides.", correctionWhich: "Which punch?", correctionSend: "Send",
    date: "Date", time: "Time", reason: "Why", reasons: ["Battery empty", "I forgot", "Home straight from outside duty"], photo: "Photo or PDF (optional)", cancel: "Cancel", withdraw: "Take back", comment: "Comment: {text}",
    unitTitle: "The unit today", dayBefore: "Day before", dayAfter: "Day after", approve: "Approve", reject: "Reject", rejectWhy: "Why not?", notAPicture: "See this file in the HR console.", notYet: "Not signed in yet", unitNobody: "No duties that day.",
    unitsMany: "{first} and others, {n} units", overQuota: " (number {n} this month, the quota is {quota})",
    shown: "Proved in another way to be at “{zone}”, {ago}", placeOther: "Site code or position", placeTitle: "Where no beacon is heard",
    placeLead: "These prove less, and are marked for review. Where your phone hears the beacon, use that.", siteCode: "Site code",
    siteCodeLead: "The 8 digits on the screen in the zone; they change every 30 s.", scan: "Scan the QR code", siteCodeType: "or type the digits", siteCodeSend: "Send the code",
    locationTitle: "Your phone's position",
    locationConsent: "Read only this once, when you tap, to see that you are near the site; only the distance and the accuracy are kept, no coordinates. If you would rather not, ask for a correction.",
    locationSend: "Agree, use my position this once", doctor: "Phone doctor", doctorHint: "Find out step by step why your phone senses nothing.",
    doctorLead: "Stand in the zone with Bluetooth on and keep this page open. We wait a minute for the beacon; if nothing comes, we go through this phone step by step.",
    doctorBegin: "Start the test", doctorListening: "Waiting for the beacon…", doctorLeft: "{s} s left", doctorStay: "Stay in the zone, near the beacon, with the screen on.",
    doctorSteps: "Show me the steps now", doctorNext: "Still nothing: next step", doctorStep: "Step {n} of {of}", doctorHelped: "this helped the last time",
    doctorDone: "Done: wait 60 s more", doctorWasSo: "It was so: next step", doctorStop: "Stop", doctorStill: "still waiting for the beacon…", doctorHeard: "Heard!",
    doctorHelpedNow: "“{step}” helped: next time it comes first.", doctorToday: "Back to sign in", doctorAll: "All steps tried, and still nothing.", doctorAgain: "Test again",
    step_friend_title: "Be a friend of the account", step_friend: "LINE reports beacons to friends only. Add the official account as a friend, and do not block it.",
    step_line_version_title: "Update LINE", step_line_version: "LINE on this phone is too old to hear beacons: update it.", step_bluetooth_title: "Switch Bluetooth on",
    step_bluetooth: "Swipe down from the top and switch Bluetooth on. No pairing is needed.",
    step_bluetooth_ios: "Settings > Bluetooth on (the button in Control Centre only pauses it). No pairing; and in Settings > LINE, Bluetooth on too.",
    step_line_in_front_title: "Keep LINE in front", step_line_in_front: "Android hears beacons only with LINE in front and the screen on.",
    step_line_in_front_web: "This page is not open in LINE: open it from the official account.", step_location_title: "Location: allowed and precise",
    step_location: "Switch location on; then Settings > Apps > LINE > Permissions > Location: “while using the app”, with precise location.",
    step_location_ios: "Settings > Privacy & Security > Location Services > LINE: “Always”, with Precise Location on.", step_nearby_devices_title: "Allow “Nearby devices”",
    step_nearby_devices: "Settings > Apps > LINE > Permissions > Nearby devices: allow.", step_beacon_consent_title: "Switch LINE Beacon on",
    step_beacon_consent: "LINE > Settings > Privacy > Provide usage data > LINE Beacon on. It is off by default.", step_reopen_line_title: "Close LINE and open it again",
    step_reopen_line: "The phone reports only on coming into range. Swipe LINE away from the recent apps, open it again and come back here.", privacy: "My data",
    privacyHint: "What is stored and how long; a copy of your data, requests.", noticeTitle: "Before you begin", noticeLead: "Please read this before the first use, or when it has changed.",
    noticeVersion: "Version {version}", noticeAccepted: "accepted {at}", noticeAccept: "I have read it and agree", noticeElse: "If you do not agree, sign in by the chat, or ask HR.",
    dataTitle: "A copy of my data", dataLead: "Everything in the system that concerns you.", dataGet: "Get it", dataShown: "{n} entries: tap to read", copy: "Copy", copied: "Copied",
    save: "Save as a file", requestTitle: "Ask about my data", requestKind: "What", request_see: "See it", request_correct: "Complete or correct it",
    request_stop: "Stop collecting or using it", request_delete: "Delete it", requestText: "Details", requestSent: "Sent: HR will answer.", requestAnswer: "Answer: {text}", choose: "Choose", scanning: "Scanning…", shownNow: "Nothing is recorded yet: tap the button below. Assurance: {worth}",
    requestDue: "to be answered by {at}", calendar: "My duties in my calendar",
    calendarLead: "Subscribe to your own duties at an address that only you know. Whoever has it can read them: give it to nobody.", calendarOnce: "The address is shown only this once:",
    calendarMade: "Made {at}.", calendarRead: "Last read {day}.", calendarMake: "Make an address", calendarNew: "Make a new one", calendarEnd: "End it", reminder: "Reminder to sign out",
    reminderWanted: "Remind me in LINE when I have not signed out", reminderLead: "Once a duty at most, and none once the month's push messages are used up.",
    now: "just now", seconds: "{n} s ago", minutes: "{n} min ago", hours: "{n} h ago",
  },
};

export const LANGUAGES = Object.keys(WORDS);
export const keys = (language) => Object.keys(WORDS[language]).sort();
export const chooseLanguage = (wanted) => (wanted && !/^zh/i.test(wanted) ? "en" : "zh-Hant-TW");
export const otherLanguage = (language) => LANGUAGES.find((each) => each !== language);
export const fromServer = (language, words) => (words ? words[language === "en" ? "en" : "zh"] : "");

export function say(language, key, values = {}) {
  const text = WORDS[language][key];
  if (Array.isArray(text) || text === undefined) return text;
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
