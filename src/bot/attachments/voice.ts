import type { Attachment } from "../../protocol/attachments.ts";
import { describeAttachment } from "./description.ts";
import { attachmentLimits } from "./limits.ts";
import type { Fetching } from "./reading.ts";

/** Words of a recording. Rejects with QQError. */
export type Transcribe = (
  audio: { name: string; type: string; bytes: Uint8Array },
  signal: AbortSignal,
) => Promise<string>;

/** By content: QQ's recordings are SILK under the name of AMR. */
const formats: readonly { starts: RegExp; extension: string; type: string }[] = [
  { starts: /^RIFF....WAVE/s, extension: "wav", type: "audio/wav" },
  { starts: /^(?:ID3|\xff[\xe0-\xff])/, extension: "mp3", type: "audio/mpeg" },
  { starts: /^OggS/, extension: "ogg", type: "audio/ogg" },
  { starts: /^fLaC/, extension: "flac", type: "audio/flac" },
  { starts: /^.{4}ftyp/s, extension: "m4a", type: "audio/mp4" },
  { starts: /^.?#!SILK/s, extension: "silk", type: "audio/silk" },
];

/** The recording in words: what a transcription makes of QQ's own WAV, else of the file itself. Never rejects. */
export async function voiceInWords(
  attachment: Attachment,
  { download, signal }: Fetching,
  transcribe: Transcribe,
): Promise<string> {
  let reason = "it could not be fetched";
  for (const url of [attachment.wavUrl, attachment.url]) {
    if (!url || signal.aborted) continue;
    try {
      const bytes = await download(url, attachmentLimits.voice.bytes, signal);
      const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
      const format = formats.find(({ starts }) => starts.test(head));
      if (!format) {
        reason = head.startsWith("#!AMR") ? "a format that is not transcribed" : "not a known sound format";
        continue;
      }
      const { extension, type } = format;
      const words = (await transcribe({ name: `voice.${extension}`, type, bytes }, signal)).trim();
      return describeAttachment({ ...attachment, asr: words }, words === "" ? "nothing was said in it" : undefined);
    } catch {
      // The next address may do; without any, the person hears that it was not understood.
      reason = signal.aborted ? "it took too long" : "it could not be fetched or transcribed";
    }
  }
  return describeAttachment(attachment, `no transcript: ${reason}`);
}
