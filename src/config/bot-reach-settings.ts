import { z } from "zod";
import { meta, text, url } from "./values.ts";

/** What the bot perceives beside words, and what it reaches beside QQ. */
export const botReachSettings = {
  vision: z
    .enum(["auto", "on", "off"])
    .default("auto")
    .meta(
      meta({
        description:
          "Pictures for the model: auto (until its server says that it sees none), on (whatever it says), off (described in words)",
        env: "QQ_BOT_VISION",
        flag: "--vision <mode>",
      }),
    ),
  transcribeModel: text.optional().meta(
    meta({
      description:
        "Model that turns voice without QQ's own transcript into text (/audio/transcriptions); none without it",
      env: "QQ_BOT_TRANSCRIBE_MODEL",
      flag: "--transcribe-model <name>",
    }),
  ),
  transcribeBaseUrl: url.optional().meta(
    meta({
      description: "Endpoint of that model, including /v1 (default: OPENAI_BASE_URL)",
      env: "QQ_BOT_TRANSCRIBE_BASE_URL",
      flag: "--transcribe-base-url <url>",
    }),
  ),
  transcribeApiKey: text.optional().meta(
    meta({
      description: "Key of that endpoint (default: OPENAI_API_KEY)",
      env: "QQ_BOT_TRANSCRIBE_API_KEY",
      secret: true,
    }),
  ),
};
