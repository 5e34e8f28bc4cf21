import { Fold } from "./fold.tsx";
import { JsonView } from "./json-view.tsx";
import { words } from "./preferences.ts";
import type { Frame } from "./wire.ts";

/** One REST call as a line that opens. */
export function RestCall({ frame }: { frame: Frame }) {
  return (
    <Fold
      class="rounded-md bg-base-200 text-xs"
      headClass="flex items-baseline gap-2 rounded-md px-2 py-1"
      head={<RestLine frame={frame} />}
    >
      {() => (
        <div class="space-y-1 px-2 pb-2">
          <FrameData frame={frame} />
        </div>
      )}
    </Fold>
  );
}

export function RestLine({ frame }: { frame: Frame }) {
  const status = frame.status ?? 0;
  const look = status >= 400 || status === 0 ? "text-error" : "text-success";
  return (
    <>
      <span class="font-mono font-medium">{frame.method}</span>
      <span class="min-w-0 flex-1 truncate font-mono" title={frame.path}>
        {frame.path}
      </span>
      <span class={`font-mono font-medium ${look}`}>{frame.status}</span>
    </>
  );
}

/** What was sent and what came back, or the frame of the gateway. */
export function FrameData({ frame }: { frame: Frame }) {
  const { data } = frame;
  if (frame.kind === "rest" && data !== null && typeof data === "object" && !Array.isArray(data)) {
    return (
      <>
        {frame.path && <p class="font-mono wrap-anywhere">{frame.path}</p>}
        {data.request !== undefined && data.request !== null && (
          <JsonView label={words.value.request} value={data.request} isOpen />
        )}
        {data.response !== undefined && data.response !== null && (
          <JsonView label={words.value.response} value={data.response} isOpen />
        )}
      </>
    );
  }
  return <JsonView value={data} isOpen />;
}
