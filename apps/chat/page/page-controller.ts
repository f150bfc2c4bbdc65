/** The page of the chat: three files, from this server alone. */
import { createController } from '@justscale/core'
import { Get } from '@justscale/http'
import { pageFiles } from './page-files.ts' with { type: 'macro' }

const files = pageFiles()
/** Scripts and styles of this server only; sockets to it too. */
const policy = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'"

const file = (path: '/' | '/chat.css' | '/chat.js', body: string, type: string) =>
  Get(path)
    .describe({ hidden: true })
    .handle(() => {
      const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }
      return new Response(body, { headers: { ...headers, 'content-security-policy': policy } })
    })

export const page = createController({
  name: 'page',
  routes: () => ({
    html: file('/', files.html, 'text/html'),
    style: file('/chat.css', files.style, 'text/css'),
    script: file('/chat.js', files.script, 'text/javascript'),
  }),
})
