import { batch, computed, signal } from "@preact/signals";
import type { TimedFrame } from "./calls.ts";
import type { Link } from "./feed.ts";
import { turnsOf } from "./turns.ts";
import type { Conversation, FeedEvent, Frame, Info, Interaction, Message, Trace, World } from "./wire.ts";

/** What the emulator told, newest last. */
export const link = signal<Link>("connecting");
export const world = signal<World>();
export const info = signal<Info>();
export const threads = signal<ReadonlyMap<string, readonly Message[]>>(new Map());
export const traces = signal<readonly Trace[]>([]);
export const frames = signal<readonly TimedFrame[]>([]);
/** The last press of each button, by message and button id. */
export const presses = signal<ReadonlyMap<string, Interaction>>(new Map());
/** Platform time minus the time of this computer. */
export const clockOffsetMs = signal(0);

/** How often everything was cleared. */
export const resets = signal(0);

/** What the person chose. */
export const me = signal("");
export const here = signal<Conversation>();
export const unread = signal<ReadonlySet<string>>(new Set());
export const drawer = signal<"none" | "chats" | "inspector">("none");

/** Newest kept; the emulator keeps more. */
const limits = { traces: 3000, frames: 3000, messages: 1000 };

export function keyOf({ scene, id }: Conversation): string {
  return `${scene}:${id}`;
}

export const thread = computed<readonly Message[]>(() =>
  here.value ? (threads.value.get(keyOf(here.value)) ?? []) : [],
);

export const turns = computed(() => turnsOf(traces.value));

/** Applies a portion of the feed at once, so that a busy minute draws the page once per portion. */
export function applyEvents(events: readonly FeedEvent[]): void {
  batch(() => {
    const traced: Trace[] = [];
    const framed: TimedFrame[] = [];
    for (const event of events) {
      if (event.kind === "trace") traced.push(event.trace);
      else if (event.kind === "frame") framed.push(placeInTime(event.frame));
      else {
        if (event.kind === "hello" || event.kind === "reset") {
          traced.length = 0;
          framed.length = 0;
        }
        applyEvent(event);
      }
    }
    if (traced.length > 0) traces.value = [...traces.value, ...traced].slice(-limits.traces);
    if (framed.length > 0) frames.value = [...frames.value, ...framed].slice(-limits.frames);
  });
}

function applyEvent(event: Exclude<FeedEvent, { kind: "trace" | "frame" }>): void {
  switch (event.kind) {
    case "hello":
      world.value = event.world;
      threads.value = new Map(event.messages.map((one) => [keyOf(one), one.messages]));
      traces.value = event.traces;
      presses.value = new Map((event.interactions ?? []).map((press) => [pressKey(press), press]));
      takeInfo(event.info);
      frames.value = event.frames.map(placeInTime);
      chooseStart();
      return;
    case "world":
      world.value = event.world;
      if (info.value) info.value = { ...info.value, identities: event.identities };
      return;
    case "info":
      takeInfo(event.info);
      return;
    case "interaction":
      presses.value = new Map(presses.value).set(pressKey(event.interaction), event.interaction);
      return;
    case "clock":
      takeTime(event.now);
      return;
    case "reset":
      threads.value = new Map();
      traces.value = [];
      frames.value = [];
      unread.value = new Set();
      presses.value = new Map();
      resets.value += 1;
      world.value = event.world;
      takeInfo(event.info);
      chooseStart();
      return;
    case "message":
    case "message_update":
      takeMessage(keyOf(event), event.message);
  }
}

export function pressKey({ message_id, button_id }: { message_id: string; button_id: string }): string {
  return `${message_id} ${button_id}`;
}

function takeInfo(given: Info): void {
  info.value = given;
  takeTime(given.now);
}

/** Both clocks run on this computer, so that what is left below a second is the way from there to here. */
function takeTime(now: number): void {
  clockOffsetMs.value = Math.round((now - Date.now()) / 1000) * 1000;
}

/** With the time of this computer, by which the bot's steps are stamped too. */
function placeInTime(frame: Frame): TimedFrame {
  return { ...frame, localAt: frame.at - clockOffsetMs.value };
}

function takeMessage(key: string, message: Message): void {
  const list = threads.value.get(key) ?? [];
  const known = list.findIndex((candidate) => candidate.id === message.id);
  const next = known === -1 ? [...list, message].slice(-limits.messages) : list.with(known, message);
  threads.value = new Map(threads.value).set(key, next);
  const isSeen = here.value !== undefined && keyOf(here.value) === key;
  const isNews = known === -1 && message.kind !== "typing" && message.from !== me.value;
  if (isNews && !isSeen) unread.value = new Set(unread.value).add(key);
}

function chooseStart(): void {
  const people = world.value?.users ?? [];
  if (!people.some(({ id }) => id === me.value)) me.value = people[0]?.id ?? "";
  if (!here.value || !chatsOf(me.value).some((chat) => keyOf(chat) === keyOf(here.value as Conversation)))
    open(chatsOf(me.value)[0]);
}

/** Every conversation in which this person may write. */
export function chatsOf(user: string): Conversation[] {
  const all = world.value;
  if (!all) return [];
  return [
    ...all.c2c.filter((chat) => chat.user === user).map(({ id }) => ({ scene: "c2c" as const, id })),
    ...all.groups.filter((group) => group.members.includes(user)).map(({ id }) => ({ scene: "group" as const, id })),
    ...all.guilds
      .filter((guild) => guild.members.includes(user))
      .flatMap((guild) => guild.channels.filter(({ type }) => type === 0))
      .map(({ id }) => ({ scene: "channel" as const, id })),
    ...all.dms.filter((chat) => chat.user === user).map(({ id }) => ({ scene: "dms" as const, id })),
  ];
}

export function open(chat: Conversation | undefined): void {
  batch(() => {
    here.value = chat;
    drawer.value = "none";
    if (!chat) return;
    const left = new Set(unread.value);
    left.delete(keyOf(chat));
    unread.value = left;
  });
}

/** Speaks as somebody else, in the same conversation or in his own of the same kind. */
export function actAs(user: string): void {
  batch(() => {
    me.value = user;
    const mine = chatsOf(user);
    const now = here.value;
    const same = mine.find((chat) => now && keyOf(chat) === keyOf(now));
    const chosen = same ?? mine.find((chat) => chat.scene === now?.scene) ?? mine[0];
    if (chosen !== now) open(chosen);
  });
}
