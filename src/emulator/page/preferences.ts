import { computed, effect, signal } from "@preact/signals";
import { en, type Words, zh } from "./words.ts";

export type Language = "zh" | "en";
export type Theme = "auto" | "day" | "night";

function remembered<T extends string>(name: string, choices: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(`qq-skill.${name}`);
    return choices.find((choice) => choice === value);
  } catch {
    return undefined; // storage is forbidden: the defaults do
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`qq-skill.${name}`, value);
  } catch {
    // storage is forbidden: the choice lasts as long as the page
  }
}

/** Chinese unless the browser asks for another language first. */
const browserLanguage: Language = /^zh\b/i.test(navigator.language || "zh") ? "zh" : "en";

export const language = signal<Language>(remembered("language", ["zh", "en"] as const) ?? browserLanguage);
export const theme = signal<Theme>(remembered("theme", ["auto", "day", "night"] as const) ?? "auto");
export const words = computed<Words>(() => (language.value === "zh" ? zh : en));

/** Writes the choices to the document and keeps them. */
export function applyPreferences(): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    remember("language", language.value);
  });
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    remember("theme", theme.value);
  });
}
