/** What a persona may leave open, as `{{name}}`. */
export const personaVariables = ["time", "date", "place", "speaker", "bot"] as const;
export type PersonaFacts = Record<(typeof personaVariables)[number], string>;

const variable = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Variables that there are not, with the line (from 1) that names them. */
export function unknownVariables(text: string): { line: number; name: string }[] {
  return text
    .split("\n")
    .flatMap((words, index) =>
      [...words.matchAll(variable)]
        .map(([, name = ""]) => ({ line: index + 1, name }))
        .filter(({ name }) => !personaVariables.some((known) => known === name)),
    );
}

/** The values are put in once: what stands in them is not looked at again. */
export function fillPersona(text: string, facts: PersonaFacts): string {
  return text.replace(variable, (whole, name: string) => facts[name as keyof PersonaFacts] ?? whole);
}
