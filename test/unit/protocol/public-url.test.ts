import { describe, expect, it } from "vitest";
import { isPublicUrl } from "../../../src/protocol/public-url.ts";

describe("isPublicUrl", () => {
  it.each([
    "https://example.com/a.png",
    "http://q.qq.com:8080/a.png?x=1#y",
    "https://图片.example.com/猫.png",
    "https://8.8.8.8/a",
    "https://[2400:3200::1]/a",
    "https://localhost.example.com/a",
  ])("takes %s", (url) => {
    expect(isPublicUrl(url)).toBe(true);
  });

  it.each([
    "ftp://example.com/a.png",
    "file:///etc/passwd",
    "example.com/a.png",
    "https://user:secret@example.com/a",
    "http://localhost/a",
    "http://printer.local/a",
    "http://intranet/a",
    "http://127.0.0.1:7717/a",
    "http://127.1/a",
    "http://0x7f.0.0.1/a",
    "http://2130706433/a",
    "http://10.1.2.3/a",
    "http://172.31.255.255/a",
    "http://192.168.0.1/a",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.1.1/a",
    "http://0.0.0.0/a",
    "http://[::1]/a",
    "http://[::]/a",
    "http://[fe80::1]/a",
    "http://[fd00::1]/a",
    "http://[::ffff:10.0.0.1]/a",
  ])("refuses %s", (url) => {
    expect(isPublicUrl(url)).toBe(false);
  });
});
