const wiki = "https://bot.q.qq.com/wiki/develop/api-v2";

/** Address of a page about a server interface on the official wiki; `page` is its path there, without `.html`. */
export function docsPage(page: string): string {
  return `${wiki}/server-inter/${page}.html`;
}

/** Address of the generated page of one call: its path with `_` for everything that is no letter, and its method. */
export function callPage(method: string, path: string): string {
  const name = path.replace(/[^a-z0-9]+/gi, "_").replace(/^_+|_+$/g, "");
  return `${wiki}/autogen/api/${name}.${method.toLowerCase()}.html`;
}
