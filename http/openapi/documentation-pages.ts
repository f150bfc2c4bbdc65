/** The page that shows the document: two files of `swagger-ui-dist`, and a script of our own, so that a strict policy holds. */
// Whoever checks an app against this package as source needs the declarations too.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./swagger-ui-dist.d.ts" />
import scriptPath from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import stylePath from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import type { ServerPage } from '../server/http-handler.ts'

/** Pages under `path`; the document is at `documentPath`. */
export function documentationPages(path: string, documentPath: string, title: string): readonly ServerPage[] {
  const asset = (name: string, file: string, type: string): ServerPage => ({
    path: `${path}/${name}`,
    answer: () =>
      new Response(Bun.file(file), {
        headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' },
      }),
  })
  return [
    { path, answer: () => new Response(page(path, title), { headers: pageHeaders }) },
    {
      path: `${path}/start.js`,
      answer: () => new Response(script(documentPath), { headers: { 'content-type': 'text/javascript' } }),
    },
    asset('swagger-ui.css', stylePath, 'text/css'),
    asset('swagger-ui-bundle.js', scriptPath, 'text/javascript'),
  ]
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
}

function page(path: string, title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${Bun.escapeHTML(title)}</title>
<link rel="stylesheet" href="${path}/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="docs"></div>
<script src="${path}/swagger-ui-bundle.js"></script>
<script src="${path}/start.js"></script>
</body>
</html>
`
}

function script(documentPath: string): string {
  return `SwaggerUIBundle({ url: ${JSON.stringify(documentPath)}, dom_id: '#docs', deepLinking: true, validatorUrl: null })\n`
}
