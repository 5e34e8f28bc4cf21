import qrcode from "qrcode-terminal";

/** The text as a QR code in block characters, two rows in a line, without colours. Light on dark. */
export function qrText(text: string): string {
  let drawn = "";
  qrcode.generate(text, { small: true }, (code) => {
    drawn = code;
  });
  return drawn;
}
