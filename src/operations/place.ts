import { z } from "zod";
import { userOpenid } from "../protocol/ids.ts";
import { scenes } from "../protocol/scenes.ts";

/** The two fields that name a conversation in composed operations. */
export const scene = z.enum(scenes).describe("c2c: private chat");
export const placeId = userOpenid.describe("openid, channel_id or DM guild_id");
