import type { ModelRequest } from "./model.ts";

/** Pictures: auto = until the server says that the model sees none; on = whatever it says; off = never sent. */
export type Vision = "auto" | "on" | "off";

interface Refused {
  status: number | undefined;
  message: string;
}

export function hasImages({ messages }: ModelRequest): boolean {
  return messages.some((message) => message.role === "user" && message.images !== undefined);
}

/** The same with the words alone, which say what each picture is. */
export function withoutImages({ messages, tools }: ModelRequest): ModelRequest {
  return {
    messages: messages.map((message) => (message.role === "user" ? { role: "user", text: message.text } : message)),
    tools,
  };
}

const notAboutContent = [401, 402, 403, 429];
/** The words of servers differ: "does not support image input", "content must be a string", "mmproj", "Invalid image data". */
const aboutImages = /image|vision|multi-?modal|mmproj|content.{0,40}\b(?:string|text)\b/i;
const aboutOne =
  /invalid.{0,10}image|image.{0,10}(?:data|size|format|url)|decode|process|download|fetch|corrupt|too (?:large|big|small|many)|exceed|dimension/i;

/** Whether a request was refused for its pictures. */
export function isAboutImages({ status, message }: Refused): boolean {
  return status !== undefined && !notAboutContent.includes(status) && aboutImages.test(message);
}

/** This picture was the trouble, not pictures: the next ones may do. */
export function isAboutOneImage({ message }: Refused): boolean {
  return aboutOne.test(message);
}
