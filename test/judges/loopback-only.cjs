// Loaded before a judged program (`node --require`): nothing it connects to may lie outside this machine. What it tried
// is written to the file named by LOOPBACK_LOG; the connection is refused as a network without a way would.
const { appendFileSync } = require("node:fs");
const net = require("node:net");

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof first === "object" ? first.host : typeof args[1] === "string" ? args[1] : undefined;
  const isLocal = first?.path || !host || /^(localhost|::1|127\.\d+\.\d+\.\d+)$/.test(host);
  if (isLocal) return connect.apply(this, args);
  if (process.env.LOOPBACK_LOG) appendFileSync(process.env.LOOPBACK_LOG, `${host}\n`);
  process.nextTick(() =>
    this.destroy(Object.assign(new Error(`${host} is not this machine`), { code: "ENETUNREACH" })),
  );
  return this;
};
