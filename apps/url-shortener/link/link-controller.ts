/** `POST /links` shortens, `GET /:slug` redirects. */
import { createController, view } from '@justscale/core'
import { Get, Post } from '@justscale/http'
import { z } from 'zod'
import { Link } from './link.ts'
import { LinkService } from './link-service.ts'

const NewLink = z.object({
  target: z.url({ protocol: /^https?$/ }),
  slug: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
})

export const links = createController({
  inject: { svc: LinkService },
  routes: ({ svc }) => ({
    shorten: Post('/links')
      .body(NewLink)
      .returns(201, view(Link, { fields: ['slug', 'target'] }))
      .handle(async ({ body, res }) => res.status(201).json(await svc.shorten(body.target, body.slug))),
    resolve: Get('/:slug').handle(async ({ slug, res }) => res.redirect(await svc.resolve(slug))),
  }),
})
