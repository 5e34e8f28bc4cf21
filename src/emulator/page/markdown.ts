import { Marked, type TokenizerAndRendererExtension } from "marked";
import { nextTag, type Tag, tagAt } from "./tags.ts";

/** Turns ids of QQ tags into names. */
export interface Names {
  person: (id: string) => string;
  channel: (id: string) => string;
  everyone: string;
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter);
}

function tagHtml(tag: Tag, names: Names): string {
  if (tag.kind === "person") return `<span class="qq-mention">@${escapeHtml(names.person(tag.id))}</span>`;
  if (tag.kind === "everyone") return `<span class="qq-mention">@${escapeHtml(names.everyone)}</span>`;
  if (tag.kind === "channel") return `<span class="qq-mention">#${escapeHtml(names.channel(tag.id))}</span>`;
  if (tag.kind === "face") return `[${escapeHtml(tag.label)}]`;
  return commandHtml(tag.text, tag.label, tag.sends);
}

/** The bubble listens for clicks on these; a command never carries a script or an address. */
function commandHtml(text: string, label: string, sends: boolean): string {
  return `<button type="button" class="qq-command" data-command="${escapeHtml(text)}" data-sends="${sends}">${escapeHtml(label)}</button>`;
}

/** QQ's image sizes hide in the text: `![logo #120px #80px](https://…)`. */
function imageHtml(href: string, text: string): string {
  const size = /#(\d+)px\s+#(\d+)px/.exec(text);
  const alt = text.replace(/#\d+px/g, "").trim();
  const box = size ? ` width="${size[1]}" height="${size[2]}"` : "";
  return `<img src="${escapeHtml(href)}" alt="${escapeHtml(alt)}"${box} loading="lazy">`;
}

/** QQ also writes commands as links: `mqqapi://aio/inlinecmd?command=…&enter=true`. */
function linkHtml(href: string, inner: string, label: string): string {
  const inline = /^mqqapi:\/\/aio\/inlinecmd\?(.*)$/.exec(href);
  if (inline) {
    const query = new URLSearchParams(inline[1]);
    return commandHtml(query.get("command") ?? label, label, query.get("enter") === "true");
  }
  return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${inner}</a>`;
}

/**
 * Markdown as QQ shows it, as HTML that still has to pass the sanitiser: tags of QQ become names and commands, any
 * other HTML is shown as text, and a single line break is a line break.
 */
export function renderMarkdown(source: string, names: Names): string {
  const tags: TokenizerAndRendererExtension = {
    name: "qqTag",
    level: "inline",
    start: (text) => {
      const at = nextTag(text);
      return at === -1 ? undefined : at;
    },
    tokenizer: (text) => {
      const found = tagAt(text, 0);
      return found && { type: "qqTag", raw: text.slice(0, found.length), tag: found.tag };
    },
    renderer: (token) => tagHtml(token.tag as Tag, names),
  };
  const marked = new Marked({ gfm: true, breaks: true, async: false });
  marked.use({
    extensions: [tags],
    // A paragraph that starts with a tag must not be taken for a block of HTML.
    tokenizer: { html: () => undefined },
    renderer: {
      html: ({ text }) => escapeHtml(text),
      image: ({ href, text }) => imageHtml(href, text),
      link({ href, text, tokens }) {
        return linkHtml(href, this.parser.parseInline(tokens), text);
      },
    },
  });
  return marked.parse(source, { async: false });
}
