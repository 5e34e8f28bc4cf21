const closedBlock = /<(think|thinking)>[\s\S]*?<\/\1>/g;
const openStart = /^\s*<(?:think|thinking)>[\s\S]*$/;
const strayEnd = /^[\s\S]*?<\/(?:think|thinking)>/;

/**
 * Removes reasoning that a server left inside the answer: whole blocks anywhere, an unclosed block at the start (the
 * answer never came), and everything before a lone closing tag (templates that open the block in the prompt).
 */
export function stripThinking(text: string): string {
  if (!text.includes("<think") && !text.includes("</think")) return text.trim();
  const closed = text.replace(closedBlock, "");
  return closed.replace(openStart, "").replace(strayEnd, "").trim();
}
