import { openModel } from "../../src/cli/model.ts";
import { openPlatform } from "../../src/cli/platform.ts";
import { startThinking } from "../../src/cli/thinking.ts";
import { loadConfig } from "../../src/config/load.ts";

/**
 * The bot in a process of its own, in which the turn of each group stands still at a phase of its own: what it holds in
 * memory is gone when the process is killed. DOOM: group openid -> phase. Prints "held N" for each that got there.
 */
const doom = JSON.parse(process.env.DOOM ?? "{}") as Record<string, string>;
const platform = openPlatform(loadConfig({ env: process.env }));
const { turns, sends } = platform.store();
const conversationOf = new Map<string, string>();
let held = 0;

function isAt(lane: string, phase: string): boolean {
  return doom[lane.replace("group:", "")] === phase;
}

/** For ever, when this is the phase of the conversation. */
async function stand(lane: string, phase: string): Promise<void> {
  if (!isAt(lane, phase)) return;
  process.stdout.write(`held ${++held}\n`);
  await new Promise(() => {});
}

const { claim, recordStep, settle } = turns;
turns.claim = async (request) => {
  const claimed = await claim.call(turns, request);
  if (claimed.state === "claimed") await stand(request.lane, "before the model call");
  return claimed;
};
turns.recordStep = async (step) => {
  await stand(step.lane, `before the record of ${step.name}`);
  const isKept = await recordStep.call(turns, step);
  await stand(step.lane, `after the record of ${step.name}`);
  return isKept;
};
turns.settle = async (turn) => {
  await stand(turn.lane, "before the turn is done");
  return await settle.call(turns, turn);
};
const { reserve, settle: settleSend } = sends;
sends.reserve = async (request) => {
  const name = request.key.includes("/reply") ? "the reply" : "the tool";
  conversationOf.set(request.key, request.conversation);
  await stand(request.conversation, `before ${name} is sent`);
  return await reserve.call(sends, request);
};
sends.settle = async (key, outcome) => {
  const name = key.includes("/reply") ? "the reply" : "the tool";
  await stand(conversationOf.get(key) ?? "", `after ${name} was sent`);
  await settleSend.call(sends, key, outcome);
};

await startThinking({
  ...{ platform, model: openModel(platform.config, platform.modelHttp), persona: () => "", owners: [] },
  onReady: () => process.stdout.write("connected\n"),
});
