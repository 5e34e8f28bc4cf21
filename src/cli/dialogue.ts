import { cancel, confirm, intro, isCancel, log, outro, password, select, spinner, text } from "@clack/prompts";

/** Questions to a person at a terminal. Every answer is undefined when the person leaves with Ctrl+C or Escape. */
export interface Dialogue {
  begin(title: string): void;
  choose<T extends string>(question: string, options: readonly Choice<T>[]): Promise<T | undefined>;
  /** `problem` answers what is wrong with an answer; it is asked again then. */
  ask(question: string, problem: (answer: string) => string | undefined): Promise<string | undefined>;
  /** What is typed is not shown. */
  askSecret(question: string): Promise<string | undefined>;
  confirm(question: string): Promise<boolean | undefined>;
  say(text: string): void;
  /** As it is, without a frame: pictures made of characters. */
  draw(picture: string): void;
  /** Shows that something goes on; its signal fires when the person has had enough. */
  wait<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  end(text: string): void;
  /** The last word to a person who left. */
  leave(text: string): void;
}

export interface Choice<T extends string> {
  value: T;
  label: string;
}

export const terminalDialogue: Dialogue = {
  begin: (title) => intro(title),
  async choose<T extends string>(message: string, options: readonly Choice<T>[]) {
    // The generic of the package does not see through ours.
    const picked = await select<string>({ message, options: [...options] });
    return isCancel(picked) ? undefined : options.find(({ value }) => value === picked)?.value;
  },
  async ask(message, problem) {
    return kept(await text({ message, validate: (answer) => problem((answer ?? "").trim()) }))?.trim();
  },
  async askSecret(message) {
    const validate = (answer: string | undefined) =>
      (answer ?? "").trim() === "" ? "不能为空 / not empty" : undefined;
    return kept(await password({ message, validate }))?.trim();
  },
  confirm: async (message) => kept(await confirm({ message })),
  say: (message) => log.message(message),
  draw: (picture) => void process.stdout.write(`\n${picture}\n`),
  async wait(what, work) {
    const abort = new AbortController();
    const turning = spinner({ onCancel: () => abort.abort() });
    turning.start(what);
    try {
      return await work(abort.signal);
    } finally {
      turning.clear();
    }
  },
  end: (message) => outro(message),
  leave: (message) => cancel(message),
};

function kept<T>(answer: T): Exclude<T, symbol> | undefined {
  return isCancel(answer) ? undefined : (answer as Exclude<T, symbol>);
}
