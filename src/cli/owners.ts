import { InputError } from "../core/errors.ts";
import { parsePerson, personForms } from "../protocol/person.ts";
import type { Store } from "../store/store.ts";
import { oneAccount } from "./accounts.ts";
import { exitCodes } from "./exit.ts";
import { openPlatform, type Platform } from "./platform.ts";
import type { Invocation } from "./program.ts";
import { readSettings } from "./settings.ts";

const usage = "owners list [--json] | claim | remove PERSON";

/** Who owns the bot. Becoming an owner takes a code that only this machine shows; there is no tool for it. */
export async function owners({ flags, options, words }: Invocation): Promise<number> {
  const [action, person] = words;
  const platform = openPlatform(oneAccount(readSettings(flags, { log: "error" })));
  try {
    const store = platform.store();
    if (action === "list") list(platform, store, options.json === true);
    else if (action === "claim") process.stdout.write(`${invitation(store)}\n`);
    else if (action === "remove") remove(store, person);
    else throw new InputError("action", `there is no "${action}"`, { remedy: `Use: qq-skill ${usage}` });
    return exitCodes.ok;
  } finally {
    await platform.close();
  }
}

/** For the bot's console while nobody owns it: a code, opened with this call, and what to do with it. */
export function invitationIfNobody(owners: readonly string[], store: Store): string[] {
  const isOwned = owners.length > 0 || store.owners.list().length > 0;
  return isOwned ? [] : [invitation(store)];
}

function invitation(store: Store): string {
  const { code } = store.owners.openClaim();
  return `十分钟内把这句话发给机器人，你就是主人（私聊，或在群里 @机器人） / within 10 minutes send this to the bot, in private or by @ in a group:\n  /claim ${code}`;
}

function list({ config }: Platform, store: Store, isJson: boolean): void {
  const rows = [
    ...config.owners.map((person) => ({ person, from: "QQ_BOT_OWNERS" })),
    ...store.owners
      .list()
      .map(({ person, addedAt }) => ({ person, from: "claim", at: new Date(addedAt).toISOString() })),
  ];
  const lines = rows.map(({ person, from }) => `${person}  (${from})\n`).join("");
  const nobody = "nobody: use qq-skill owners claim, or set QQ_BOT_OWNERS\n";
  process.stdout.write(isJson ? `${JSON.stringify(rows, null, 2)}\n` : lines || nobody);
}

function remove(store: Store, text: string | undefined): void {
  const person = parsePerson(text ?? "");
  if (person === undefined)
    throw new InputError("person", `${text ?? "nothing"} names nobody`, { remedy: `Give one of ${personForms}.` });
  const isRemoved = store.owners.remove(person);
  process.stdout.write(isRemoved ? `removed: ${person}\n` : `${person} has not claimed the bot; see owners list\n`);
}
