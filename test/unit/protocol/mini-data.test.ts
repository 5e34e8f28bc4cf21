import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decryptMiniData, isMiniSignature, miniSignature } from "../../../src/protocol/mini-data.ts";

const sessionKey = "ABEiM0RVZneImaq7zN3u/w==";
const rawData =
  '{"nickName":"小明🐧","gender":1,"language":"zh_CN","city":"Shenzhen","province":"Guangdong","country":"China","avatarUrl":"http://thirdqq.qlogo.cn/g?b=oidb&k=demo&s=100"}';
const iv = "Dx4tPEtaaXiHlqW0w9Lh8A==";
const encryptedData =
  "Xp3pNZXJ5ADmJJ1NZre/qigPjelE0VdWSGMfDC+pcKgohrK+bLnn1yLiuOPUhSA/ZKGOQqIrQhZcZSqY/iDRowNFeQ6Tw9WX2RECHde0VupWV6wgvVKMRGdvx7NDJqPnuBMx6LbJJIT9R7j6SuM2aOHOvrAy3ovFsFTckIFAzku3TAnADKUdrQ32Bjm8tdiEhVjg1vw2icV4HjcL8dSzt9rRJVw5c5LuB9h9hOuNZb1SSPUz8sLGIpNK4qi7g9bURy99jo5FVzEEm3/kQejjSXkwJjptakfkYbi7ejfM/Vl9ql9y0ovn3njqWbU7/tdSXk6Yl6VHYuPkBpD54VaD7Xkk8MgD3Ol0i4zH15h1r6/94l6GxgcGz2NfygqDcS2L2BzrrAeMVI7Lole2lv9E6KIGC7i/UlvzuOO6e1CiIfF6lDPxAo+yzaVQAmc/T9IA";

describe("the signature of open data", () => {
  it("is that of the vector, over the exact text", () => {
    expect(Buffer.byteLength(rawData)).toBe(174);
    expect(miniSignature(rawData, sessionKey)).toBe("86e984c5d4d7f471c1a6a91c9bddd5ff77b332df");
    expect(isMiniSignature("86E984C5d4d7f471c1a6a91c9bddd5ff77b332df", { rawData, sessionKey })).toBe(true);
  });

  it("refuses what was escaped again, another key, and what is no signature", () => {
    const escaped = "39782274f8dbf0c9244d575087621822e082bc7c";
    expect(isMiniSignature(escaped, { rawData, sessionKey })).toBe(false);
    const signature = miniSignature(rawData, sessionKey);
    expect(isMiniSignature(signature, { rawData, sessionKey: "x" })).toBe(false);
    expect(isMiniSignature("", { rawData, sessionKey })).toBe(false);
  });
});

describe("encrypted open data", () => {
  it("is that of the vector", () => {
    const opened = decryptMiniData({ sessionKey, iv, encryptedData });
    expect(opened?.watermark).toEqual({ appid: "1112345678", timestamp: 1_764_000_000 });
    expect(opened?.data).toMatchObject({ openId: "A1B2C3D4E5F60718293A4B5C6D7E8F90", nickName: "小明🐧" });
  });

  it("is refused with a wrong key, a cut text, a wrong vector or no base64 at all", () => {
    const wrongKey = Buffer.from("ffeeddccbbaa99887766554433221100", "hex").toString("base64");
    expect(decryptMiniData({ sessionKey: wrongKey, iv, encryptedData })).toBeUndefined();
    const cut = Buffer.from(encryptedData, "base64").subarray(0, -1).toString("base64");
    expect(decryptMiniData({ sessionKey, iv, encryptedData: cut })).toBeUndefined();
    const zero = Buffer.alloc(16).toString("base64");
    expect(decryptMiniData({ sessionKey, iv: zero, encryptedData })).toBeUndefined();
    expect(decryptMiniData({ sessionKey: "short", iv: "?", encryptedData: "?" })).toBeUndefined();
  });

  it("needs a watermark, whose app may be a number", () => {
    const seal = (data: object) => {
      const cipher = createCipheriv("aes-128-cbc", Buffer.from(sessionKey, "base64"), Buffer.from(iv, "base64"));
      return Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()]).toString("base64");
    };
    expect(decryptMiniData({ sessionKey, iv, encryptedData: seal({ openId: "A" }) })).toBeUndefined();
    const marked = seal({ watermark: { appid: 7, timestamp: 1 } });
    expect(decryptMiniData({ sessionKey, iv, encryptedData: marked })?.watermark.appid).toBe("7");
  });
});
