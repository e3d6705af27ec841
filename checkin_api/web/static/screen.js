// The screen of a zone: shows a code while it is good, asks for the next, and says so when there is none.

const byId = (id) => document.getElementById(id);
const RETRY_MS = 2000;
const PERIOD_MS = 30000;
const PATIENCE_MS = 8000;
let endsAt = 0;
let skewMs = 0;
let timeZone;

async function ask() {
  let wait = RETRY_MS;
  // Not AbortSignal.timeout: a tablet older than 2022 does not have it.
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(`${location.pathname}/code`, { cache: "no-store", signal: patience.signal });
    if (answer.ok) {
      const { code, picture, left_ms: left, now, timezone: zone } = await answer.json();
      byId("code").textContent = `${code.slice(0, 4)} ${code.slice(4)}`;
      byId("picture").src = picture;
      endsAt = performance.now() + left;
      skewMs = Date.parse(now) - Date.now();
      timeZone = zone;
      wait = left + 50;
    }
  } catch { /* said below, once the code has ended */ } finally {
    clearTimeout(timer);
  }
  show();
  setTimeout(ask, wait);
}

function show() {
  const left = endsAt - performance.now();
  const isGood = left > 0;
  byId("picture").hidden = byId("code").hidden = !isGood;
  // Only after a moment: the next code is on its way when the last one ends.
  byId("problem").hidden = left > -RETRY_MS * 2;
  byId("left").style.width = `${Math.max(0, Math.min(100, (left / PERIOD_MS) * 100))}%`;
  byId("clock").textContent = new Intl.DateTimeFormat("zh-Hant-TW", { timeStyle: "medium", hourCycle: "h23", timeZone }).format(Date.now() + skewMs);
}

ask();
setInterval(show, 250);
