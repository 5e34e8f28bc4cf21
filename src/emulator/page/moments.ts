import { language, words } from "./preferences.ts";

const locales = { zh: "zh-CN", en: "en-GB" } as const;

/** 21:04 */
export function clockTime(at: number): string {
  return new Intl.DateTimeFormat(locales[language.value], { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** 21:04:07.123 */
export function exactTime(at: number): string {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
  return `${time}.${String(at % 1000).padStart(3, "0")}`;
}

/** The line between messages: the time alone today, else with the day. `now` is the platform's. */
export function dayTime(at: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return clockTime(at);
  if (days === 1) return `${words.value.yesterday} ${clockTime(at)}`;
  const day = new Intl.DateTimeFormat(locales[language.value], { month: "numeric", day: "numeric" }).format(at);
  return `${day} ${clockTime(at)}`;
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** 1 h 5 min */
export function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const units = language.value === "zh" ? ([" 小时", " 分钟"] as const) : ([" h", " min"] as const);
  if (hours === 0) return `${rest}${units[1]}`;
  return rest === 0 ? `${hours}${units[0]}` : `${hours}${units[0]} ${rest}${units[1]}`;
}

/** 4:10 */
export function countdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** 340 ms, 1.2 s */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
