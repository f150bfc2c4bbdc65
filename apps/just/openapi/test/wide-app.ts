/** An app with every kind of route and schema that a document has to say. */
import { createController, defineModel, field, JustScale, refOf, view } from '@justscale/core'
import { Delete, Get, Head, HttpFeature, httpPrefixed, Options, Patch, Post, Put, SSE, Ws } from '@justscale/http'
import { OpenApiFeature } from '@justscale/http'
import { z } from 'zod'

class Author extends defineModel({ name: 'Author', fields: { name: field.string() } }) {}
class Book extends defineModel({
  name: 'Book',
  fields: {
    title: field.string().max(200),
    author: field.ref(Author),
    editors: field.refs(Author),
    price: field.decimal(10, 2),
    pages: field.int(),
    kind: field.enum('book_kind', ['novel', 'essay']),
    published: field.timestamp().optional(),
    day: field.date(),
    cover: field.bytes().optional(),
    notes: field.json(z.object({ a: z.number() })),
  },
}) {}
const BookView = view(Book, {
  self: true,
  fields: ['title', 'author', 'editors', 'price', 'pages', 'kind', 'published', 'day', 'cover', 'notes'],
})

const Line = z.object({ sku: z.string(), count: z.int().positive() }).meta({ id: 'Line', description: 'One line' })
const OtherLine = z.object({ text: z.string() }).meta({ id: 'Line' })
interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const TreeNode: z.ZodType<Tree> = z
  .object({
    name: z.string(),
    get children() {
      return z.array(TreeNode)
    },
  })
  .meta({ id: 'Tree' })
const Folder = z.object({
  name: z.string(),
  get folders() {
    return z.array(Folder)
  },
})
const Shape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('circle'), radius: z.number() }),
  z.object({ kind: z.literal('square'), side: z.number() }),
])
const Everything = z.object({
  text: z.string().min(1).max(10).regex(/^a+$/),
  email: z.email(),
  url: z.url(),
  uuid: z.uuid(),
  instant: z.iso.datetime(),
  date: z.date().optional(),
  big: z.bigint().optional(),
  whole: z.int(),
  bounded: z.number().gt(0).lte(1).multipleOf(0.01),
  flag: z.boolean().default(false),
  choice: z.enum(['a', 'b']),
  literal: z.literal(['x', 1, null]),
  nullable: z.string().nullable(),
  list: z.array(z.string()).min(1).max(3),
  tuple: z.tuple([z.string(), z.number()]).rest(z.boolean()),
  record: z.record(z.string(), z.number()),
  partial: z.partialRecord(z.enum(['a', 'b']), z.number()),
  map: z.map(z.string(), z.number()).optional(),
  set: z.set(z.string()).optional(),
  union: z.union([z.string(), z.number()]),
  shape: Shape,
  both: z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
  tree: TreeNode,
  strict: z.strictObject({ only: z.string() }),
  loose: z.looseObject({ some: z.string() }),
  trimmed: z.string().trim().transform(Number).pipe(z.number()),
  lossy: z.string().transform((value) => value.length),
  anything: z.any(),
  unknown: z.unknown(),
  nothing: z.undefined().optional(),
  never: z.never().optional(),
  author: refOf(Author),
  template: z.templateLiteral(['v', z.number()]),
  readonly: z.array(z.string()).readonly(),
  caught: z.number().catch(1),
  prefault: z.string().prefault('x'),
  json: z.json(),
  described: z
    .string()
    .describe('Described')
    .meta({ title: 'A title', examples: ['one'], deprecated: true }),
})

export const books = createController('/books', {
  routes: () => ({
    list: Get('/')
      .query(
        z.object({
          page: z.coerce.number().int().min(1).default(1),
          tags: z.union([z.string(), z.array(z.string())]).optional(),
          author: refOf(Author).optional(),
        }),
      )
      .headers(z.object({ 'x-tenant': z.string(), accept: z.string().optional() }))
      .cookies(z.object({ session: z.string().optional() }))
      .returns(200, z.array(BookView))
      .returns(304)
      .describe({ summary: 'Books', description: 'All of **them**', tags: ['catalogue'], deprecated: true })
      .handle(() => []),
    show: Get('/:book')
      .types({ Book })
      .returns(200, BookView)
      .handle((() => undefined) as never),
    head: Head('/:book/cover').handle(() => undefined),
    everything: Post('/everything')
      .body(Everything)
      .returns(200, Everything)
      .handle((() => undefined) as never),
    lines: Put('/:bookRef/lines')
      .types({ Book })
      .body(z.object({ lines: z.array(Line), other: OtherLine.optional() }))
      .returns(201, Line)
      .returns(202, OtherLine)
      .returns(409, z.object({ reason: z.string() }))
      .handle(({ body }) => body.lines[0] ?? { sku: 'none', count: 1 }),
    page: Get('/:book/pages/:page')
      .types({ Book, page: z.coerce.number().int().min(1).max(9_999) })
      .handle(({ page }) => page),
    patch: Patch('/:book')
      .types({ Book })
      .body(z.partialRecord(z.string(), z.json()))
      .returns(204)
      .handle(() => undefined),
    tree: Post('/trees')
      .body(TreeNode)
      .returns(200, TreeNode)
      .handle(({ body }) => body),
    folder: Post('/folders')
      .body(Folder)
      .returns(200, z.array(Folder))
      .handle(({ body }) => [body]),
    upload: Post('/:book/cover')
      .body(z.object({ cover: z.file().max(1_000).mime(['image/png']), caption: z.string().optional() }), {
        type: 'form',
      })
      .returns(201)
      .handle(() => undefined),
    text: Post('/text')
      .body(z.string(), { type: 'text' })
      .handle(({ body }) => body),
    bytes: Post('/bytes')
      .body(z.instanceof(Uint8Array), { type: 'bytes' })
      .handle(({ body }) => body.length),
    stream: Post('/stream')
      .body(z.any(), { type: 'stream' })
      .handle(() => undefined),
    shape: Post('/shapes')
      .body(Shape)
      .returns(200, z.union([Shape, z.null()]))
      .handle(({ body }) => body),
    remove: Delete('/:book')
      .types({ Book })
      .returns(204)
      .handle(() => undefined),
    options: Options('/').handle(() => undefined),
    file: Get('/files/*').handle(({ rest }) => rest),
    watch: SSE('/:book/events')
      .types({ Book })
      .query(z.object({ since: z.iso.datetime().optional() }))
      .handle(async function* () {
        yield { event: 'read', data: 1 }
      }),
    room: Ws('/:book/room').handle(async () => {}),
    one: Get('/:shelf/twice').handle(() => 1),
    other: Post('/:otherShelf/twice')
      .types({ otherShelf: z.uuid() })
      .handle(() => 2),
    private: Get('/private')
      .headers(z.object({ authorization: z.string(), 'x-more': z.string() }))
      .describe({ security: ['bearer', 'key'] })
      .handle(() => 1),
    secret: Get('/secret')
      .describe({ hidden: true })
      .handle(() => 1),
    plain: Get('/plain').handle(() => 'text'),
  }),
})
const more = createController('/books', { routes: () => ({ list: Get('/more').handle(() => []) }) })
const anonymous = createController({ routes: () => ({ root: Get('/').handle(() => 'root') }) })
const admin = JustScale()
  .named('admin')
  .add(createController('/books', { routes: () => ({ list: Get('/').handle(() => []) }) }))
  .build()

export const wideApp = JustScale()
  .add(books)
  .add(more)
  .add(anonymous)
  .add(httpPrefixed('/admin', admin))
  .add(
    OpenApiFeature({
      title: 'Everything',
      description: 'All kinds',
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'x-key' },
      },
    }),
  )
  .add(HttpFeature({ port: 0 }))
  .build()
