/** Address of a page about a server interface on the official wiki; `page` is its path there, without `.html`. */
export function docsPage(page: string): string {
  return `https://bot.q.qq.com/wiki/develop/api-v2/server-inter/${page}.html`;
}
