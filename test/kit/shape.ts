/** The shape of a value: every key path with the JSON type at its end. Lists count by their first element. */
export function shape(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[]`] : shape(value[0], `${path}[]`);
  if (value === null || typeof value !== "object") return [`${path}: ${typeof value}`];
  return Object.entries(value)
    .flatMap(([key, field]) => shape(field, `${path}.${key}`))
    .sort();
}

/** Ids by the look of them, so that a UUID is not taken for a number. */
export function look(id: string): string {
  return id
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "UUID")
    .replace(/^(ROBOT1\.0_)[\w.-]+!$/, "$1…!")
    .replace(/:[a-z0-9]{60}$/, ":60")
    .replace(/^08[0-9a-f]{46,}$/, "hex")
    .replace(/^[BCR]_[0-9a-f]+X\d+$/, "forum")
    .replace(/^[0-9A-F]{32}$/, "openid")
    .replace(/^\d+$/, "digits");
}
