import { type Call, ok, type Route, textOf } from "../call.ts";
import { tellOfGuild } from "../guild-payloads.ts";
import type { EventType } from "../people.ts";
import { refuse } from "../refusal.ts";
import type { Channel, Guild } from "../world.ts";
import { guildChannelOf } from "./guild.ts";

const micPath = "/channels/{channel_id}/mic";
const [start, stop] = [0, 3];

/** Playback and the microphone in voice channels. */
export const audioRoutes: readonly Route[] = [
  {
    endpoint: "audio.control",
    method: "POST",
    path: "/channels/{channel_id}/audio",
    handle: (call) => {
      const place = voiceOf(call);
      const { state } = place.channel;
      const { status } = call.body;
      if (typeof status !== "number" || ![0, 1, 2, 3].includes(status)) refuse(12002, "malformed: status");
      if (status === start) {
        const url = textOf(call.body, "audio_url") ?? refuse(12002, "malformed: audio_url");
        state.playing = { url, text: textOf(call.body, "text") ?? "" };
        tell(call, "AUDIO_START", place);
      } else if (!state.playing) {
        refuse(12002, "malformed: nothing is playing");
      } else if (status === stop) {
        tell(call, "AUDIO_FINISH", place);
        state.playing = undefined;
      }
      return ok({});
    },
  },
  {
    endpoint: "audio.mic_on",
    method: "PUT",
    path: micPath,
    handle: (call) => setMic(call, true),
  },
  {
    endpoint: "audio.mic_off",
    method: "DELETE",
    path: micPath,
    handle: (call) => setMic(call, false),
  },
];

function voiceOf({ platform, params }: Call): { guild: Guild; channel: Channel } {
  const place = guildChannelOf(platform, params.channel_id);
  if (!platform.dials.isAudioBot) refuse(11253, "this app has no right to this API", 403);
  return place.channel.type === 2 ? place : refuse(13011, "not a voice channel");
}

function setMic(call: Call, isOn: boolean) {
  const place = voiceOf(call);
  if (place.channel.state.isBotOnMic !== isOn) {
    place.channel.state.isBotOnMic = isOn;
    tell(call, isOn ? "AUDIO_ON_MIC" : "AUDIO_OFF_MIC", place);
  }
  return ok({});
}

/** Address and text are empty in events of the microphone. */
function tell({ platform }: Call, type: EventType, { guild, channel }: { guild: Guild; channel: Channel }): void {
  const playing = type.endsWith("_MIC") ? undefined : channel.state.playing;
  const d = {
    guild_id: guild.id,
    channel_id: channel.id,
    audio_url: playing?.url ?? "",
    text: playing?.text ?? "",
  };
  tellOfGuild(platform, { type, guild, d });
}
