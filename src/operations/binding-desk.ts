/** Binding by QR code: makes attempts and keeps their keys. What comes of one is written to the data folder. */
export interface BindingDesk {
  start(source: string, signal?: AbortSignal): Promise<BindingStart>;
  /** Throws InputError for an attempt that this process does not know (any more). */
  poll(taskRef: string, signal?: AbortSignal): Promise<BindingState>;
}

export interface BindingStart {
  taskRef: string;
  /** What the QR code says. */
  connectUrl: string;
  /** The code in block characters, for a monospaced font. */
  qrText: string;
}

export interface BindingState {
  status: "pending" | "completed" | "expired";
  appId?: string;
  /** The person who scanned, as this bot knows them. */
  ownerOpenid?: string;
  /** Path of the file that holds the secret. */
  savedTo?: string;
  note?: string;
}
