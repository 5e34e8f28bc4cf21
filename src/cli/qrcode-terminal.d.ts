declare module "qrcode-terminal" {
  interface QrCode {
    /** Calls back before it returns. */
    generate(text: string, options: { small?: boolean }, callback: (code: string) => void): void;
  }
  const qrcode: QrCode;
  export = qrcode;
}
