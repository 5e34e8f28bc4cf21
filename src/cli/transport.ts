import { sayEveryMs } from "../store/holders.ts";
import { createSubscription, type Subscription, type SubscriptionOptions } from "./subscription.ts";
import { createWebhookSubscription } from "./webhook-subscription.ts";

/** How events arrive, over the gateway or by webhook; while they do, other processes are told how it stands. */
export function createTransport(options: SubscriptionOptions): Subscription {
  const { platform, owner } = options;
  const isWebhook = platform.config.transport === "webhook";
  const announcement = announcer(options, () => subscription.status());
  const subscription: Subscription = (isWebhook ? createWebhookSubscription : createSubscription)({
    ...options,
    onState(status) {
      announcement.say();
      options.onState?.(status);
    },
  });
  return {
    ...subscription,
    async start(intents) {
      const status = await subscription.start(intents);
      announcement.begin(owner);
      // May speak of an earlier run that ended.
      const left = () => {
        if (["stopped", "failed"].includes(subscription.status().state)) announcement.end();
      };
      subscription.ended().then(left, left);
      return status;
    },
    async stop() {
      const status = await subscription.stop();
      announcement.end();
      return status;
    },
  };
}

function announcer({ platform }: SubscriptionOptions, status: () => unknown) {
  let own: ReturnType<ReturnType<typeof platform.store>["holders"]["announce"]> | undefined;
  let cancel = () => {};
  /** Nobody's connection ends because a note about it could not be written. */
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      platform.log.warn({ error }, "other processes could not be told of the connection");
    }
  };
  const say = () => attempt(() => own?.say(JSON.parse(JSON.stringify(status()))));
  const beat = () => {
    say();
    cancel = platform.clock.after(sayEveryMs, beat);
  };
  return {
    say,
    begin(owner: string) {
      if (own) return;
      attempt(() => {
        own = platform.store().holders.announce(owner);
      });
      beat();
    },
    end() {
      cancel();
      attempt(() => own?.leave());
      own = undefined;
    },
  };
}
