/**
 * Where QQ keeps what people send: addresses in its documentation and in events of the field. Anybody may write any address
 * into a forged event, so that nothing is fetched from elsewhere.
 */
const hosts = ["qq.com", "qq.com.cn", "qpic.cn", "myqcloud.com"] as const;

/** Whether an attachment may be fetched from there. */
export function isMediaUrl(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return false;
  const host = url.hostname.replace(/\.$/, "");
  return hosts.some((known) => host === known || host.endsWith(`.${known}`));
}

/** The longer side of QQ's middle size. */
export const reducedPixels = 720;

/**
 * The same picture at QQ's middle size; undefined where its address names no size. `spec` and the last part of the path are
 * what QQ's own clients use; unconfirmed for bots: who asks for it must take a refusal.
 */
export function reducedImageUrl(address: string): string | undefined {
  const url = URL.parse(address);
  if (!url) return undefined;
  if (url.searchParams.get("spec") === "0") {
    url.searchParams.set("spec", String(reducedPixels));
    return url.href;
  }
  if (!url.hostname.endsWith("qpic.cn") || !url.pathname.endsWith("/0")) return undefined;
  url.pathname = url.pathname.replace(/0$/, String(reducedPixels));
  return url.href;
}
