const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/** What of the attachments of one turn is looked at. All ours. */
export const attachmentLimits = {
  image: {
    perTurn: 4,
    /** Above it the model gets the description alone: providers refuse pictures of more than about 5 MB. */
    bytes: 4 * megabyte,
    /** Above it QQ's middle size is asked for first. */
    reduceAboveBytes: 512 * kilobyte,
    reduceAbovePixels: 1_280,
    waitMs: 5_000,
  },
  voice: {
    perTurn: 3,
    bytes: 10 * megabyte,
    /** For download and transcription together. */
    waitMs: 25_000,
    transcriptCharacters: 2_000,
  },
  file: {
    perTurn: 3,
    /** Of text. */
    bytes: 20 * kilobyte,
    waitMs: 5_000,
  },
  nameCharacters: 80,
} as const;
