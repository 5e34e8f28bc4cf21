import { createSubscription, type Subscription, type SubscriptionOptions } from "./subscription.ts";
import { createWebhookSubscription } from "./webhook-subscription.ts";

/** How events arrive: over the gateway, or by webhook. */
export function createTransport(options: SubscriptionOptions): Subscription {
  const isWebhook = options.platform.config.transport === "webhook";
  return isWebhook ? createWebhookSubscription(options) : createSubscription(options);
}
