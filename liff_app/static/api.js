// Who this is, from LINE's SDK, and asking the server: one place for tokens, time-outs and errors.

export class Problem extends Error {
  constructor(status, code, title) {
    super(title);
    const [zh, en] = title.split(" / ");
    Object.assign(this, { status, code, zh, en: en ?? zh });
  }
}

const TIMEOUT_MS = 10000;
// A photo over one bar of signal.
const LONG_TIMEOUT_MS = 90000;

export async function signIn(liff, liffId) {
  await liff.init({ liffId });
  if (!liff.isLoggedIn()) {
    liff.login();
    return false;
  }
  return true;
}

export function connect(liff, fetch) {
  async function ask(method, path, body, timeoutMs = TIMEOUT_MS) {
    let answer;
    // Not AbortSignal.timeout: phones older than 2022 do not have it.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), timeoutMs);
    try {
      answer = await fetch(`/api/v1/me${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${liff.getIDToken()}`,
          ...(body ? { "Content-Type": "application/json" } : {}),
        },
        body: body && JSON.stringify(body),
        signal: patience.signal,
        cache: "no-store",
      });
    } catch {
      throw new Problem(0, "offline", "連不上伺服器 / cannot reach the server");
    } finally {
      clearTimeout(timer);
    }
    if (answer.status === 204) return null;
    const content = await answer.json().catch(() => null);
    if (answer.ok && content) return content;
    throw new Problem(answer.status, content?.code ?? "unexpected", content?.title ?? `HTTP ${answer.status}`);
  }
  return {
    me: () => ask("GET", ""),
    enrol: (staffNo, code) => ask("POST", "/enrolment", { staff_no: staffNo, code }),
    tap: (requestId, direction, handset) => ask("POST", "/punches", { request_id: requestId, direction, ...(handset ? { handset } : {}) }),
    place: (place) => ask("POST", "/places", place),
    month: (month) => ask("GET", `/attendance?month=${month}`),
    corrections: () => ask("GET", "/corrections"),
    correct: (correction) => ask("POST", "/corrections", correction, LONG_TIMEOUT_MS),
    withdraw: (id) => ask("POST", `/corrections/${id}/withdraw`),
    attachment: (id) => ask("GET", `/corrections/${id}/attachment`, undefined, LONG_TIMEOUT_MS),
    decide: (id, decision, comment) => ask("POST", `/corrections/${id}/decision`, { decision, comment }),
    unit: (day) => ask("GET", `/unit${day ? `?day=${day}` : ""}`),
    beginCheckup: (system, lineVersion) => ask("POST", "/checkups", { system, line_version: lineVersion }),
    checkup: (id, what) => ask("POST", `/checkups/${id}`, what ?? {}),
    privacy: () => ask("GET", "/privacy"),
    accept: (version) => ask("POST", "/privacy/acceptance", { version }),
    data: () => ask("GET", "/data", undefined, LONG_TIMEOUT_MS),
    askAboutData: (kind, text) => ask("POST", "/privacy/requests", { kind, text }),
    calendar: () => ask("GET", "/calendar"),
    makeCalendar: () => ask("POST", "/calendar", {}),
    endCalendar: () => ask("DELETE", "/calendar"),
    remind: (wanted) => ask("PUT", "/reminder", { wanted }),
    tapped: (requestId) => ask("GET", `/punches/${requestId}`),
  };
}

// LINE's SDK hands out a token until it is reloaded, even one that has run out.
export function renew(liff) {
  if (liff.isInClient()) return false;
  liff.logout();
  liff.login();
  return true;
}
