import { textLimits } from "../protocol/limits.ts";
import { writeMentions } from "../protocol/mention-form.ts";
import { conversationKey } from "../protocol/scenes.ts";
import type { StreamRow } from "../store/streams.ts";
import type { Room } from "./desk.ts";
import { toDialect } from "./dialect.ts";
import { borderIn, settledLength } from "./growth.ts";
import type { Lanes } from "./lanes.ts";
import { applyLinks, type LinkPolicy } from "./links.ts";
import type { Draft, DraftEnd, DraftTarget } from "./message.ts";
import { type Answer, brokenOff, closeOrphan, closeStream, growStream, openStream, paceMs } from "./stream.ts";

const width = { soft: textLimits.splitWidth, hard: 2 * textLimits.splitWidth };

/** An answer that is shown while it is written: one growing message after the other, and never two at a time. */
export class GrowingDraft implements Draft {
  readonly #room: Room;
  readonly #lanes: Lanes;
  readonly #links: LinkPolicy;
  readonly #answer: Answer;
  #text = "";
  /** Where the current message begins, and up to where it shows the text. */
  #begin = 0;
  #shown = 0;
  #row: StreamRow | undefined;
  /** The message before it, that is part of the same text. */
  #before: StreamRow | undefined;
  #cancelTimer: (() => void) | undefined;
  /** So much of the answer is said: known here even when the disk is full. */
  #said = 0;
  /** Ids of what was closed as a part of the answer. */
  #refs: string[] = [];
  #isOver = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(room: Room, lanes: Lanes, links: LinkPolicy, target: DraftTarget) {
    this.#room = room;
    this.#lanes = lanes;
    this.#links = links;
    this.#answer = { ...target, conversation: conversationKey(target) };
  }

  grow(text: string): void {
    if (this.#isOver) return;
    const next = text.replaceAll("\r\n", "\n");
    const covered = this.#text.slice(0, this.#shown);
    // A repeated call of the model begins again; as long as it says the same, nothing has to be taken back.
    if (covered.startsWith(next)) return;
    if (!next.startsWith(covered)) this.#enqueue(() => this.#endAside("cut"));
    this.#enqueueText(next);
  }

  async end(how: "whole" | "cut"): Promise<void> {
    this.#enqueue(() => this.#endAside(how));
    await this.#tail;
  }

  async finish(text: string): Promise<DraftEnd> {
    const whole = text.replaceAll("\r\n", "\n");
    this.#isOver = true;
    this.#stopTimer();
    this.#enqueue(() => this.#say(whole));
    await this.#tail;
    const { key } = this.#answer;
    const rows = this.#room.memory().streams.of(key);
    const said = rows.filter(({ state, source }) => state === "said" && source !== "" && whole.startsWith(source));
    const length = Math.max(this.#said, ...said.map(({ source }) => source.length));
    return {
      rest: whole.slice(length).trim() === "" ? "" : whole.slice(length).replace(/^\s*\n/, ""),
      refs: length === 0 ? [] : [...new Set([...this.#refs, ...said.flatMap(refsOf)])],
    };
  }

  #enqueueText(text: string): void {
    this.#enqueue(async () => {
      this.#text = text;
      this.#cancelTimer ??= this.#room.clock.after(paceMs, () => {
        this.#cancelTimer = undefined;
        this.#enqueue(() => this.#showMore());
      });
    });
  }

  /** One thing after the other. What fails costs the growing, not the answer: the outbox then says it. */
  #enqueue(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work).catch((error: unknown) => {
      this.#isOver = true;
      this.#room.log.warn({ conversation: this.#answer.conversation, error }, "a message does not go on growing");
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #showMore(): Promise<void> {
    if (this.#isOver || !this.#room.gate.isOpen()) return;
    const end = Math.max(this.#shown, settledLength(this.#text));
    if (this.#text.slice(this.#shown, end).trim() === "") return;
    const border = this.#borderBefore(end);
    if (border === undefined) {
      this.#isOver = true;
      return;
    }
    if (border < end) await this.#rollOver(border);
    else await this.#show(end);
  }

  #borderBefore(end: number): number | undefined {
    const border = borderIn(this.#text.slice(this.#begin, end), this.#shown - this.#begin, width);
    return border === undefined ? undefined : this.#begin + border;
  }

  async #show(end: number): Promise<void> {
    const next = { content: this.#contentTo(end), source: this.#text.slice(0, end) };
    if (this.#row) this.#row = await growStream(this.#room, this.#row, next);
    else this.#row = await this.#lanes.run(this.#answer.conversation, () => openStream(this.#room, this.#answer, next));
    if (this.#row) this.#shown = end;
    else this.#isOver = true;
  }

  /** The message has room for no more: the rest gets one of its own. */
  async #rollOver(border: number): Promise<void> {
    if (!this.#row) await this.#show(border);
    if (!this.#row) return;
    await this.#close({ end: border, isSaid: false });
    this.#before = this.#row;
    this.#row = undefined;
    this.#begin = border;
    this.#enqueueText(this.#text);
  }

  async #close({ end, isSaid }: { end: number; isSaid: boolean }): Promise<void> {
    if (!this.#row) return;
    const last = { content: this.#contentTo(end), source: this.#text.slice(0, end) };
    this.#row = await closeStream(this.#room, this.#row, last, isSaid);
    this.#shown = this.#row.source.length;
    this.#refs.push(...refsOf(this.#row));
  }

  /** Ends what is shown as no part of the answer: `whole` as far as it was written, `cut` with a sign that it broke off. */
  async #endAside(how: "whole" | "cut"): Promise<void> {
    this.#stopTimer();
    if (this.#row) {
      const { content, source } = this.#row;
      const border = how === "whole" ? this.#borderBefore(this.#text.length) : undefined;
      if (border !== undefined) await this.#close({ end: border, isSaid: false });
      else await closeStream(this.#room, this.#row, { content: brokenOff(content), source }, false);
    }
    this.#row = undefined;
    this.#before = undefined;
    this.#refs = [];
    this.#text = "";
    this.#begin = 0;
    this.#shown = 0;
  }

  async #say(text: string): Promise<void> {
    const { streams } = this.#room.memory();
    for (const row of streams.of(this.#answer.key)) {
      const isOurs = row.number === this.#row?.number;
      if (!isOurs && (row.state === "open" || row.state === "saying")) await closeOrphan(this.#room, row);
    }
    if (!text.startsWith(this.#text.slice(0, this.#shown))) return this.#endAside("cut");
    this.#text = text;
    if (this.#row) {
      await this.#close({ end: this.#borderBefore(text.length) ?? this.#shown, isSaid: true });
      this.#said = this.#shown;
      this.#row = undefined;
    } else if (this.#before) {
      this.#said = this.#begin;
      await streams.write({ ...this.#before, state: "said" });
    }
  }

  /** As the reader sees it: an extension of what they saw, whatever the rest of the text makes of its beginning. */
  #contentTo(end: number): string {
    const before = this.#row?.content ?? "";
    const whole = this.#rendered(this.#begin, end);
    if (whole.startsWith(before)) return whole;
    const more = this.#text.slice(this.#shown, end);
    const gap = /^\s*/.exec(more)?.[0] ?? "";
    return `${before}${gap}${this.#rendered(this.#shown, end).trimStart()}`.trimEnd();
  }

  #rendered(from: number, to: number): string {
    const source = this.#text.slice(from, to).replace(/^\s*\n/, "");
    const { text } = applyLinks(source, this.#links, false);
    return toDialect(writeMentions(text, "c2c")).trimEnd();
  }
}

function refsOf({ streamId, refIdx }: StreamRow): string[] {
  return [streamId, refIdx].filter((ref) => ref !== undefined);
}
