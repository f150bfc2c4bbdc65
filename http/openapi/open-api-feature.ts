/** `OpenApiFeature({ title })`: the document at `/openapi.json`, and a page to read and try it at `/docs`, without any CDN. */
import { createContribution, createFeatureBuilder } from '@justscale/core'
import { HttpPages } from '../server/http-pages.ts'
import { buildDocument, type DocumentInfo } from './build-document.ts'
import { documentationPages } from './documentation-pages.ts'

export interface OpenApiOptions extends Partial<DocumentInfo> {
  /** Default `/openapi.json`. */
  readonly documentPath?: string
  /** Default `/docs`; `false` for none. */
  readonly pagePath?: string | false
}

/** Add it before `HttpFeature`. */
export function OpenApiFeature(options: OpenApiOptions = {}) {
  const { documentPath = '/openapi.json', pagePath = '/docs', title = 'API', version = '1.0.0', description } = options
  const info: DocumentInfo = { title, version, ...(description !== undefined && { description }) }
  const pages = createContribution(HttpPages, {
    factory: () => (routes) => {
      const document = JSON.stringify(buildDocument(routes, info))
      const headers = { 'content-type': 'application/json' }
      return [
        { path: documentPath, answer: () => new Response(document, { headers }) },
        ...(pagePath === false ? [] : documentationPages(pagePath, documentPath, title)),
      ]
    },
  })
  return createFeatureBuilder()
    .name('OpenApiFeature')
    .provides((app) => app.add(pages))
}
