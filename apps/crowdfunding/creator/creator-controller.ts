/** `POST /creators`. */
import { createController, ModelRepository, view } from '@justscale/core'
import { Post } from '@justscale/http'
import { z } from 'zod'
import { Creator } from './creator.ts'

export const CreatorView = view(Creator, { self: true, fields: ['name'] })

export const creators = createController('/creators', {
  inject: { creators: ModelRepository.of(Creator) },
  routes: ({ creators }) => ({
    create: Post('/')
      .body(z.object({ name: z.string().min(1), email: z.email() }))
      .returns(201, CreatorView)
      .handle(async ({ body, res }) => res.status(201).json(await creators.insert(body))),
  }),
})
