// Times as the phones show them, in the zone of the department.

import { locale, t } from "./strings.js";

const ZONE = "Asia/Taipei";

const format = (ms, options) => new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(new Date(ms));

export const clockTime = (ms) => format(ms, { hour: "numeric", minute: "2-digit" });

export const logTime = (ms) => format(ms, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const statusTime = (ms) => format(ms, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const dayKey = (ms) => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(new Date(ms));

export const dayName = (ms, nowMs) =>
  dayKey(ms) === dayKey(nowMs) ? t("today") : format(ms, { year: "numeric", month: "long", day: "numeric", weekday: "short" });

export const homeDate = (ms) => format(ms, { month: "long", day: "numeric", weekday: "long" });
