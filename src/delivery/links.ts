import { keyboardLimits } from "../protocol/limits.ts";
import { cutToLength } from "../protocol/text-width.ts";
import type { Keyboard } from "./keyboard.ts";

/**
 * What is done with addresses before sending: `keep` them (and once refused, write them so that they pass), `defang` them
 * always, put them under the text as `button`s, or leave the words alone and drop the address (`text`).
 */
const linkPolicies = ["keep", "defang", "button", "text"] as const;
export type LinkPolicy = (typeof linkPolicies)[number];

/** `[label](address)` and `![alt](address)`. */
const labelled = /!?\[([^\]\n]*)\]\((https?:\/\/[^\s)]+)[^)\n]*\)/g;
const address = /<?\bhttps?:\/\/[^\s<>"'`）)\]】」』，。；！？、]+>?/g;
/** Whatever the platform may take for a domain: `a.com`, `file.md`, `node.js` (40054010). */
const domainLike = /(?<![\w@/.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}(?![\w-])/gi;

/** Host by host, in lower case, once each. */
export function hostsIn(text: string): string[] {
  const found = [...text.matchAll(address)].map(([url]) => hostOf(url));
  const words = [...text.replace(address, " ").matchAll(domainLike)].map(([word]) => word.toLowerCase());
  return [...new Set([...found, ...words])].filter((host) => host !== "");
}

/**
 * Every address and everything like one with a full-width dot, which browsers read as a dot and the platform does not; the
 * scheme goes. Idempotent.
 */
export function defang(text: string): string {
  return text
    .replace(labelled, (_, label: string, url: string) => {
      const shown = dotless(bare(url));
      const words = label.replace(/\s*#\d+px/g, "").trim();
      return words === "" || words === url ? shown : `${words} (${shown})`;
    })
    .replace(address, (url) => dotless(bare(url)))
    .replace(domainLike, dotless);
}

/** Text after the policy, and the keyboard that took its addresses. `mayHaveButtons`: whether the place takes a keyboard. */
export function applyLinks(
  text: string,
  policy: LinkPolicy,
  mayHaveButtons: boolean,
): { text: string; keyboard?: Keyboard } {
  if (policy === "keep") return { text };
  if (policy === "defang") return { text: defang(text) };
  if (policy === "text") return { text: defang(text.replace(labelled, (_, label: string) => label.trim())) };
  const urls = [...new Set([...text.matchAll(address)].map(([url]) => url.replace(/^<|>$/g, "")))];
  const { rows, buttonsPerRow } = keyboardLimits;
  if (!mayHaveButtons || urls.length === 0 || urls.length > rows * buttonsPerRow) return { text: defang(text) };
  const labels = new Map(urls.map((url, index) => [url, `链接 ${index + 1}`]));
  const said = text
    .replace(labelled, (_, label: string, url: string) => {
      const words = label.replace(/\s*#\d+px/g, "").trim();
      if (words !== "" && words !== url) labels.set(url, words);
      return labels.get(url) ?? words;
    })
    .replace(address, (url) => labels.get(url.replace(/^<|>$/g, "")) ?? url);
  return { text: defang(said), keyboard: linkButtons([...labels]) };
}

function linkButtons(links: readonly (readonly [url: string, label: string])[]): Keyboard {
  const perRow = Math.ceil(links.length / keyboardLimits.rows);
  const buttons = links.map(([url, label], index) => ({
    id: `link-${index + 1}`,
    // All fields filled: some clients drop buttons that lack one.
    render_data: { label: short(label), visited_label: short(label), style: 1 },
    action: { type: 0, permission: { type: 2 }, data: url, unsupport_tips: "请升级 QQ" },
  }));
  const rows = Array.from({ length: Math.ceil(buttons.length / perRow) }, (_, row) => ({
    buttons: buttons.slice(row * perRow, (row + 1) * perRow),
  }));
  return { content: { rows } };
}

function short(label: string): string {
  return cutToLength(label, keyboardLimits.label);
}

function bare(url: string): string {
  return url.replace(/^<?https?:\/\//, "").replace(/>$/, "");
}

function dotless(text: string): string {
  return text.replaceAll(".", "．");
}

function hostOf(url: string): string {
  return (
    bare(url)
      .split(/[/?#:]/)[0]
      ?.toLowerCase() ?? ""
  );
}
