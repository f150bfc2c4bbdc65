/** `OpenApiFeature({ title })`: the document at `/openapi.json`, and a page to read and try it at `/docs`, without any CDN. */
import {
  componentMeta,
  configurable,
  createContribution,
  createFeatureBuilder,
  defineToken,
  type Component,
  type componentFacts,
  type CreateContext,
} from '@justscale/core'
import { HttpPages } from '../server/http-pages.ts'
import { mountRoutes } from '../server/mounted-route.ts'
import { buildDocument, type DocumentInfo, type OpenApiDocument, type SecuritySchemes } from './build-document.ts'
import { documentationPages } from './documentation-pages.ts'

/** `title` is the app's name if left out, `version` 1.0.0. */
export interface OpenApiOptions extends Partial<DocumentInfo> {
  /** How callers say who they are; routes name them: `.describe({ security: ['bearer'] })`. */
  readonly securitySchemes?: SecuritySchemes
  /** Default `/openapi.json`. */
  readonly documentPath?: string
  /** Default `/docs`; `false` for none. */
  readonly pagePath?: string | false
}

/** The document of the app, for code that wants it without a request: `(await app.resolve(OpenApi)).document()`. */
export abstract class OpenApi extends defineToken('OpenApi') {
  /** Of the document and its page. */
  abstract readonly info: DocumentInfo
  /** Of all routes of the app and its sub-apps that are not hidden. */
  abstract document(): Promise<OpenApiDocument>
}

/** `.add(OpenApiFeature)` or `.add(OpenApiFeature({ title }))`, before `HttpFeature`. Provides `OpenApi`. */
export const OpenApiFeature = configurable((options: OpenApiOptions) => {
  const { documentPath = '/openapi.json', pagePath = '/docs', securitySchemes } = options
  const pages = createContribution(HttpPages, {
    inject: { openApi: OpenApi },
    factory:
      ({ openApi }) =>
      (routes) => {
        const { info } = openApi
        const document = JSON.stringify(buildDocument(routes, info, securitySchemes))
        const headers = { 'content-type': 'application/json' }
        return [
          { path: documentPath, answer: () => new Response(document, { headers }) },
          ...(pagePath === false ? [] : documentationPages(pagePath, documentPath, info.title)),
        ]
      },
  })
  return createFeatureBuilder()
    .name('OpenApiFeature')
    .provides((app) => app.add(documentOf(options)).add(pages))
})

interface DocumentFacts {
  readonly name: 'OpenApi'
  readonly requires: never
  readonly late: never
  readonly provides: typeof OpenApi
  readonly binds: typeof OpenApi
}

/** A component of its own kind, because it needs the app, which only `create` is given. */
function documentOf(options: OpenApiOptions): Component & { readonly [componentFacts]: DocumentFacts } {
  const create = (_: unknown, { app }: CreateContext): Pick<OpenApi, 'document' | 'info'> => {
    const { title = app.name, version = '1.0.0', description, securitySchemes } = options
    const info: DocumentInfo = { title, version, ...(description !== undefined && { description }) }
    return {
      info,
      document: async () => {
        await app.prepare()
        return buildDocument(await mountRoutes(app), info, securitySchemes)
      },
    }
  }
  const component = {
    [componentMeta]: { kind: 'binding', name: 'OpenApi', requires: {}, provides: [OpenApi], create },
  }
  return component as unknown as Component & { readonly [componentFacts]: DocumentFacts }
}
