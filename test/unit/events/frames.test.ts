import { describe, expect, it } from "vitest";
import { decodeFrame, heartbeatFrame } from "../../../src/events/frames.ts";

const text = '{"op":0,"s":7,"t":"FORUM_THREAD_CREATE","id":"F:1","d":{"name":"论坛","guild_id":5823917460352891147}}';
const bytes = Buffer.from(text);
const expected = {
  op: 0,
  s: 7,
  t: "FORUM_THREAD_CREATE",
  id: "F:1",
  d: { name: "论坛", guild_id: "5823917460352891147" },
};

describe("gateway frames", () => {
  it.each([
    ["a Buffer", bytes],
    // Cut inside a Chinese character.
    ["fragments", [bytes.subarray(0, 52), bytes.subarray(52, 53), bytes.subarray(53)]],
    ["an ArrayBuffer", new Uint8Array(bytes).buffer],
  ])("are read from %s, without loss in big numbers", (_form, data) => {
    expect(decodeFrame(data)).toEqual(expected);
  });

  it("keep RESUMED's empty string and drop fields of the wrong type", () => {
    expect(decodeFrame(Buffer.from('{"op":0,"t":"RESUMED","d":""}'))).toEqual({ op: 0, t: "RESUMED", d: "" });
    expect(decodeFrame(Buffer.from('{"op":0,"t":5,"s":-1,"id":"","d":null}'))).toEqual({ op: 0, d: null });
  });

  it.each(["", "{", "[]", "null", '"x"', '{"op":"0"}', "{}"])("are not read from %j", (garbage) => {
    expect(decodeFrame(Buffer.from(garbage))).toBeUndefined();
  });

  it("say null in a heartbeat before the first event", () => {
    expect(heartbeatFrame(null)).toBe('{"op":1,"d":null}');
  });
});
