/** The library, named one by one. Rooms that are not here may change without notice. */

export type { ModelPort } from "./agent/model.ts";
export { createOpenAiModel } from "./agent/openai-model.ts";
export { type Bot, type BotOptions, createBot } from "./bot/bot.ts";
export { type Clock, systemClock } from "./core/clock.ts";
export {
  ApiError,
  ConfigError,
  GatewayError,
  InputError,
  ModelError,
  NetworkError,
  PermissionError,
  QQError,
  RateLimitError,
} from "./core/errors.ts";
export { createLog, type Log, type LogLevel, silentLog } from "./core/log.ts";
export type { Delivery, DeliveryResult, OutgoingMessage, ReplyTarget } from "./delivery/message.ts";
export { createDelivery } from "./delivery/outbox.ts";
export { startDemoModel } from "./emulator/demo/server.ts";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator/emulator.ts";
export { createLocalEngine } from "./engine/local-engine.ts";
export type { InboundEvent, Turn, TurnEngine } from "./engine/turn-engine.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./events/gateway.ts";
export type { GatewayStatus, SessionStatus } from "./events/gateway-options.ts";
export { IntentSearch } from "./events/intent-search.ts";
export { findOperation, operations } from "./operations/all.ts";
export { callOperation, inputSchema, outputSchema } from "./operations/call.ts";
export type { Caller, OperationContext } from "./operations/context.ts";
export { defineAction, defineCall, type Operation, type Permission } from "./operations/operation.ts";
export type { Envelope } from "./protocol/envelope.ts";
export { errorCode } from "./protocol/error-codes.ts";
export { eventSpec, eventTypes } from "./protocol/events.ts";
export { type Incoming, readIncoming } from "./protocol/incoming.ts";
export { defaultIntents, intentNames, intents, parseIntents } from "./protocol/intents.ts";
export { type Conversation, conversationKey, parseConversationKey, type Scene, scenes } from "./protocol/scenes.ts";
export { parseShards, type ShardPlan } from "./protocol/shards.ts";
export { signerOf } from "./protocol/signature.ts";
export type { Trace, TraceStep } from "./protocol/trace.ts";
export { createRestClient } from "./rest/client.ts";
export { createHttp } from "./rest/http.ts";
export type { RestClient, RestRequest, RestResponse, TokenSource, TokenStatus } from "./rest/request.ts";
export { createTokenSource } from "./rest/token.ts";
export { createUploads, type FileInfoCache, type Uploads } from "./rest/uploads.ts";
export { createVoiceCodec, type VoiceCodec } from "./rest/voice-codec.ts";
export { openHome } from "./store/home.ts";
export { openStore, type Store } from "./store/store.ts";
